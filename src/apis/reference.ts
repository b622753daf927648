import { fault } from '../domain/fault';
import type { TaxRate } from '../domain/rating/tariff';
import { isTimeZone } from '../domain/rating/timeBand';
import { checkZoneTable } from '../domain/zone';
import type { Behaviour } from '../rest/types';
import { REFERENCE_COLLECTIONS, touchReference, zoneTableOf, type RateZone } from '../store/reference';
import type { UnitOfWork } from '../store/unitOfWork';

type Check = (after: never, unit: UnitOfWork) => Promise<void> | void;

/** @throws Fault CAT-02 when two zones claim one prefix, or something is no prefix */
function checkRateZone(table: RateZone): void {
  const [first, ...more] = checkZoneTable(zoneTableOf(table));
  if (first !== undefined) throw fault('CAT-02', `${first}${more.length > 0 ? `, and ${more.length} more` : ''}. Each prefix and number belongs to one zone.`);
}

/** @throws Fault CAT-02 when another rate of the category and country holds at the same time */
async function checkTaxRate(rate: TaxRate & { readonly id: string }, unit: UnitOfWork): Promise<void> {
  if (rate.rate < 0 || rate.rate > 100) throw fault('CAT-02', `${rate.rate} % is not a tax rate. Send a percentage from 0 to 100.`);
  const others = await unit.list<TaxRate & { readonly id: string }>('taxRate', { category: rate.category, country: rate.country });
  const other = others.find((one) => one.id !== rate.id && startOf(one) < endOf(rate) && startOf(rate) < endOf(one));
  if (other) throw fault('CAT-02', `Tax rate ${other.id} holds for ${rate.category} in ${rate.country} at the same time. Close its validFor first.`);
}

const startOf = ({ validFor }: TaxRate): number => (validFor?.startDateTime === undefined ? -Infinity : Date.parse(validFor.startDateTime));
const endOf = ({ validFor }: TaxRate): number => (validFor?.endDateTime === undefined ? Infinity : Date.parse(validFor.endDateTime));

function checkHomeMarket({ timeZone }: { readonly timeZone?: string }): void {
  if (timeZone !== undefined && !isTimeZone(timeZone)) throw fault('CAT-02', `Time zone '${timeZone.slice(0, 60)}' is not known. Use an IANA name such as Europe/Dublin.`);
}

const CHECKS: Readonly<Record<string, Check>> = { rateZone: checkRateZone, taxRate: checkTaxRate, homeMarket: checkHomeMarket };

const typeOf = (collection: string): string => collection.charAt(0).toUpperCase() + collection.slice(1);

/** Reference tables are the generic resources, checked, and known to rating from the commit on. */
export const reference: Behaviour = Object.fromEntries(REFERENCE_COLLECTIONS.flatMap((collection) => ['create', 'patch', 'delete'].map((verb) => [
  `${verb}${typeOf(collection)}`,
  async (request, unit, generic) => {
    const answer = await generic(request, unit);
    if (answer.body) await CHECKS[collection]?.(answer.body as never, unit);
    await touchReference(unit);
    return answer;
  },
] satisfies [string, Behaviour[string]])));
