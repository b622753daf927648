import { DAY, iso } from '../generate/dublin';
import { imsiAt, msisdnAt } from '../generate/lines';
import type { UsageRecord } from '../generate/usageFiles';
import type { Kind, UsagePrice } from '../generate/offers';
import { charge, type Portion, type Terms } from './charge';
import { monthOf, offerOn, type Contract, type Purse } from './accounts';
import { areaOf, zoneOf } from './place';

/** What became of one record. */
export interface Rated {
  readonly record: UsageRecord;
  readonly contract: Contract;
  readonly portions: readonly Portion[];
  readonly status: 'rated';
  readonly ratedAt: number;
  readonly afterSuspension: boolean;
  billed: boolean;
}

export interface Rejected {
  readonly record: UsageRecord;
  readonly status: 'rejected';
  readonly reason: string;
}

export type Result = Rated | Rejected;

const LATE_WINDOW = 90 * DAY;
const FUTURE = 300_000;
/** How long after its end an allowance still pays for usage of its time. */
const GRACE = 2 * DAY;

export const kindOf = ({ type }: Pick<UsageRecord, 'type'>): Kind => (type === 'DATA' ? 'data' : type === 'SMS_MO' ? 'sms' : 'voice');

export const quantityOf = (record: Pick<UsageRecord, 'type' | 'seconds' | 'up' | 'down'>): number =>
  (record.type === 'DATA' ? record.up + record.down : record.type === 'SMS_MO' ? 1 : record.seconds);

const exists = ({ from, until }: Contract, at: number): boolean => from <= at && (until === undefined || at < until);

/** Whether the line had the number then; one that is to be ported has none before. */
const hadNumber = ({ line }: Contract, msisdn: string, at: number): boolean => line !== undefined && at >= line.numbers[0]!.from && msisdnAt(line, at) === msisdn;

/** What the record is about, as a price sees it. */
export function usageOf(record: Pick<UsageRecord, 'type' | 'seconds' | 'up' | 'down' | 'at' | 'visited' | 'other'>) {
  const incoming = record.type === 'MTC';
  const kind = kindOf(record);
  const zone = kind === 'data' || incoming || record.other === undefined ? undefined : zoneOf(record.other);
  return { kind, incoming, at: record.at, quantity: quantityOf(record), area: areaOf(record.visited), ...(zone === undefined ? {} : { zone }) };
}

export function termsOn(contract: Contract, at: number): Terms {
  const { counters, bundle, lent, account } = contract;
  const key = (price: UsagePrice) => `${price.name}|${monthOf(at)}`;
  return {
    who: contract.line?.key ?? account, offer: offerOn(contract, at), lent: [...lent.filter(({ from }) => from <= at).map(({ price }) => price), ...(bundle?.allowances.map(({ price }) => price) ?? [])],
    counted: (price) => counters.get(key(price)) ?? 0, count: (price, quantity) => { counters.set(key(price), (counters.get(key(price)) ?? 0) + quantity); },
  };
}

/** Which contracts the books look through; found by SIM and number, so that a large company does not take for ever. */
export interface Index {
  readonly bySim: ReadonlyMap<string, readonly Contract[]>;
  readonly byNumber: ReadonlyMap<string, readonly Contract[]>;
}

/** Rates one record at a time of the business clock: finds its line, charges it, draws what it draws. */
export function rate(record: UsageRecord, { bySim, byNumber }: Index, purses: ReadonlyMap<string, Purse>, suspended: ReadonlyMap<string, number>, now: number): Result {
  const reject = (reason: string): Rejected => ({ record, status: 'rejected', reason });
  const ofSim = bySim.get(record.imsi)?.find((contract) => exists(contract, record.at) && imsiAt(contract.line!, record.at) === record.imsi);
  const ofNumber = byNumber.get(record.msisdn)?.find((contract) => exists(contract, record.at) && hadNumber(contract, record.msisdn, record.at));
  if (ofSim && ofNumber && ofSim !== ofNumber) return reject('identityConflict');
  const contract = ofSim ?? ofNumber;
  if (!contract) return reject('noProduct');
  if (record.at > now + FUTURE) return reject('inFuture');
  if (now - record.at > LATE_WINDOW) return reject('tooLate');
  const usage = usageOf(record);
  if (usage.kind === 'voice' && !usage.incoming && (usage.area === 'home' || usage.area === 'EEA') && usage.zone === undefined) return reject('unknownZone');

  const open = [...contract.allowances, ...contract.bundle?.allowances ?? []].filter(({ until }) => now <= until + GRACE);
  const portions = charge(termsOn(contract, record.at), usage, open);
  const purse = contract.paymentType === 'prepaid' ? purses.get(contract.account) : undefined;
  if (contract.paymentType === 'prepaid' && !purse) throw new Error(`${contract.account} has no money to pay from at ${iso(now)}`);
  if (purse) {
    for (const { gross } of portions) {
      purse.balance -= gross;
      purse.usage += gross;
    }
  }
  const since = Math.min(contract.suspendedSince ?? Infinity, suspended.get(contract.line!.customer) ?? Infinity);
  return { record, contract, portions, status: 'rated', ratedAt: now, afterSuspension: record.at >= since, billed: false };
}
