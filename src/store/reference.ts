import type { Reference, TaxRate } from '../domain/rating/tariff';
import type { ZoneTable } from '../domain/zone';
import type { Held } from './codec';
import type { Store } from './store';
import type { UnitOfWork } from './unitOfWork';

/** The vendor resources behind a Reference, as they are kept. */
export interface RateZone {
  readonly id: string;
  readonly zone?: readonly { readonly name: string; readonly prefix?: readonly string[]; readonly number?: readonly string[]; readonly routingNumber?: readonly string[] }[];
}

interface HolidayCalendar {
  readonly id: string;
  readonly date?: readonly string[];
}

type KeptTaxRate = TaxRate & { readonly id: string };

interface HomeMarket extends Partial<Pick<Reference, 'currency' | 'country' | 'timeZone' | 'homeCountryCode' | 'trunkPrefix' | 'lateWindowDays' | 'lateGraceDays' | 'futureToleranceSeconds'>> {
  readonly id: string;
  readonly homeNetwork?: readonly string[];
}

/** Collections whose change makes a new Reference. */
export const REFERENCE_COLLECTIONS: readonly string[] = ['rateZone', 'holidayCalendar', 'taxRate', 'homeMarket'];

const REVISION = 'reference';
/** Somebody may write past the APIs, such as a restore: all is read again after this, whatever the revision says. */
const LONGEST_MS = 5000;

interface Kept {
  readonly reference: Reference;
  readonly signature: string;
  readonly revision: number;
  readonly readAt: number;
}

const cache = new WeakMap<Store, Kept>();

/**
 * Zone tables, calendars, tax rates and the operator's defaults, as rating wants them. The same object comes back until one of
 * them changes, so that what is compiled against it may be kept by it. Sees every change committed before the call.
 */
export async function readReference(store: Store): Promise<Reference> {
  const kept = cache.get(store);
  const revision = (await store.read<{ id: string }>('setting', REVISION))?.rev ?? 0;
  if (kept && kept.revision === revision && Date.now() - kept.readAt < LONGEST_MS) return kept.reference;
  const [zones, calendars, rates, markets] = await Promise.all([
    store.query<RateZone>('rateZone', {}), store.query<HolidayCalendar>('holidayCalendar', {}),
    store.query<KeptTaxRate>('taxRate', {}), store.query<HomeMarket>('homeMarket', { _id: 'default' }),
  ]);
  const signature = [zones, calendars, rates, markets].map(signatureOf).join('|');
  const reference = kept?.signature === signature ? kept.reference
    : referenceOf(zones.map(({ doc }) => doc), calendars.map(({ doc }) => doc), rates.map(({ doc }) => doc), markets[0]?.doc);
  cache.set(store, { reference, signature, revision, readAt: Date.now() });
  return reference;
}

/** To be called in each unit that changes a reference collection, so that all processes see it at once. */
export async function touchReference(unit: UnitOfWork): Promise<void> {
  const held = await unit.get<{ id: string; changes: number }>('setting', REVISION);
  unit.save('setting', { id: REVISION, changes: (held?.changes ?? 0) + 1 });
}

/** The table as rating looks numbers up in. */
export const zoneTableOf = ({ id, zone = [] }: RateZone): ZoneTable => ({
  id, zones: zone.map(({ name, prefix, number, routingNumber }) => ({
    name, ...(prefix ? { prefixes: prefix } : {}), ...(number ? { numbers: number } : {}), ...(routingNumber ? { routingNumbers: routingNumber } : {}),
  })),
});

const signatureOf = (held: readonly Held<{ id: string }>[]): string => held.map(({ doc, rev }) => `${doc.id}@${rev}`).join();

function referenceOf(zones: readonly RateZone[], calendars: readonly HolidayCalendar[], taxRates: readonly KeptTaxRate[], market: HomeMarket | undefined): Reference {
  const { id: _id, homeNetwork, currency = 'EUR', timeZone = 'UTC', ...rest } = market ?? { id: '' };
  const countries = [...new Set(taxRates.map(({ country }) => country))];
  return {
    ...rest,
    currency,
    timeZone,
    country: rest.country ?? (countries.length === 1 ? countries[0] ?? '' : ''),
    zoneTables: zones.map(zoneTableOf),
    calendars: calendars.map(({ id, date = [] }) => ({ id, dates: date })),
    taxRates,
    ...(homeNetwork ? { homeNetworks: homeNetwork } : {}),
  };
}
