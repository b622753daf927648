import { VISITED, destinationZones, type Loadable } from './catalogue';
import { dublin, iso } from './dublin';
import { divided, scaled, type Nano } from './exact';
import { CURRENCY, GB, type Area, type Kind } from './offers';

/*
 * What Northcell charges Harbour Mobile. Its list for calls abroad is Northcell's own; outside the EEA it passes on what the visited
 * network asks, with 5 per cent on top, which no single record can be checked by.
 */

interface Rate {
  readonly kind: Kind;
  readonly zones?: readonly string[];
  readonly area: 'home' | 'EEA' | 'world';
  /** Only for calls that our line makes. */
  readonly outgoing?: true;
  readonly price: string;
  /** Seconds, messages or octets that the price buys. */
  readonly size: number;
  readonly units: 'min' | 'message' | 'GB';
  readonly rateClass: string;
  readonly from?: string;
  readonly to?: string;
  readonly statementOnly?: true;
}

const voice = (rateClass: string, price: string, more: Partial<Rate> = {}): Rate => ({ kind: 'voice', area: 'home', price, size: 60, units: 'min', rateClass, ...more });
const sms = (rateClass: string, price: string, more: Partial<Rate> = {}): Rate => ({ kind: 'sms', area: 'home', price, size: 1, units: 'message', rateClass, ...more });
const data = (rateClass: string, price: string, more: Partial<Rate> = {}): Rate => ({ kind: 'data', area: 'home', price, size: GB, units: 'GB', rateClass, ...more });

/** From this day on a minute costs less; for some lines the host forgets it. */
export const NEW_RATE = { day: '2026-10-15', at: dublin(2026, 10, 15), before: '0.0120', after: '0.0110' };

const out = { outgoing: true } as const;
const toZone = (rateClass: string, price: string, zone: string): Rate => voice(rateClass, price, { zones: [zone], ...out });

export const RATES: readonly Rate[] = [
  voice('STD', NEW_RATE.before, { ...out, to: NEW_RATE.day }), voice('STD', NEW_RATE.after, { ...out, from: NEW_RATE.day }),
  toZone('INT1', '0.06', 'W1'), toZone('INT2', '0.22', 'W2'), toZone('INT3', '0.75', 'W3'), toZone('SAT', '2.50', 'satellite'), toZone('PRM', '1.00', 'premium'), toZone('FRE', '0', 'free'),
  sms('STD', '0.0040'), data('STD', '0.80'),
  voice('EEA', '0.019', { area: 'EEA' }), sms('EEA', '0.003', { area: 'EEA' }), data('EEA', '1.10', { area: 'EEA' }),
  voice('ROW', '0.30', { area: 'world', statementOnly: true }), sms('ROW', '0.10', { area: 'world', statementOnly: true }), data('ROW', '2.00', { area: 'world', statementOnly: true }),
];

export const LINE_FEE = '0.35';
export const MINIMUM = '150.00';
export const HOST = 'northcell';

export interface Charged {
  readonly kind: Kind;
  readonly area: Area;
  readonly incoming: boolean;
  readonly zone?: string;
  readonly at: number;
}

const inContract = (area: Area): Rate['area'] => (area === 'zone2' ? 'world' : area);

/** The contract's price for something; undefined for what the host does not charge, such as calls answered at home. */
export function rateFor({ kind, area, incoming, zone, at }: Charged): Rate | undefined {
  const fitting = RATES.filter((rate) => rate.kind === kind && rate.area === inContract(area) && !(rate.outgoing && incoming)
    && !(rate.to !== undefined && at >= NEW_RATE.at) && !(rate.from !== undefined && at < NEW_RATE.at));
  return fitting.find(({ zones }) => zone !== undefined && zones?.includes(zone)) ?? fitting.find(({ zones }) => zones === undefined);
}

/** What so much costs by a rate, to ten decimals. */
export const costAt = ({ price, size }: Pick<Rate, 'price' | 'size'>, quantity: number): Nano => divided(scaled(price, 10) * BigInt(quantity), BigInt(size));

const money = (value: string) => ({ unit: CURRENCY, value: Number(value) });

/** The contract as it is loaded. */
export const contractDocument = (): Loadable => ({
  api: 'trunkline', resource: 'hostContract', name: HOST,
  body: {
    id: HOST, name: 'Northcell wholesale access', currency: CURRENCY, timeZone: 'Europe/Dublin', zone: [{ name: 'EEA', network: VISITED.EEA }], mapping: HOST,
    price: RATES.map(({ kind, zones, area, outgoing, price, units, from, to, statementOnly }) => ({
      service: kind, ...(outgoing ? { direction: 'outgoing' } : {}), zone: area, price: money(price), unitOfMeasure: { amount: 1, units },
      ...(zones ? { destination: destinationZones.filter(({ name }) => zones.includes(name)).flatMap(({ prefix, number = [] }) => [...prefix, ...number]) } : {}),
      ...(from || to ? { validFor: { ...(from ? { startDateTime: iso(NEW_RATE.at) } : {}), ...(to ? { endDateTime: iso(NEW_RATE.at) } : {}) } } : {}),
      ...(statementOnly ? { statementOnly } : {}),
    })),
    lineFee: money(LINE_FEE), minimumPerMonth: money(MINIMUM), claimTerm: { deadlineDays: 90 },
  },
});
