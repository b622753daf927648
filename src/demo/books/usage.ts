import { DAY, iso } from '../generate/dublin';
import type { UsageRecord } from '../generate/usageFiles';
import type { Kind } from '../generate/offers';
import { charge, type Portion } from './charge';
import type { Contract, Purse } from './accounts';
import { areaOf, zoneOf } from './place';

/** What became of one record. */
export interface Rated {
  readonly record: UsageRecord;
  readonly contract: Contract;
  readonly portions: readonly Portion[];
  readonly status: 'rated';
  readonly ratedAt: number;
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

/** What the record is about, as a price sees it. */
export function usageOf(record: Pick<UsageRecord, 'type' | 'seconds' | 'up' | 'down' | 'at' | 'visited' | 'other'>) {
  const incoming = record.type === 'MTC';
  const kind = kindOf(record);
  const zone = kind === 'data' || incoming || record.other === undefined ? undefined : zoneOf(record.other);
  return { kind, incoming, at: record.at, quantity: quantityOf(record), area: areaOf(record.visited), ...(zone === undefined ? {} : { zone }) };
}

/** Rates one record at a time of the business clock: finds its line, charges it, draws what it draws. */
export function rate(record: UsageRecord, contracts: readonly Contract[], purses: ReadonlyMap<string, Purse>, now: number): Result {
  const reject = (reason: string): Rejected => ({ record, status: 'rejected', reason });
  const byImsi = contracts.find((contract) => contract.line.imsi === record.imsi && exists(contract, record.at));
  const byNumber = contracts.find((contract) => contract.line.msisdn === record.msisdn && exists(contract, record.at));
  if (byImsi && byNumber && byImsi !== byNumber) return reject('identityConflict');
  const contract = byImsi ?? byNumber;
  if (!contract) return reject('noProduct');
  if (record.at > now + FUTURE) return reject('inFuture');
  if (now - record.at > LATE_WINDOW) return reject('tooLate');
  const usage = usageOf(record);
  if (usage.kind === 'voice' && !usage.incoming && (usage.area === 'home' || usage.area === 'EEA') && usage.zone === undefined) return reject('unknownZone');

  const open = contract.allowances.filter(({ until }) => now <= until + GRACE);
  const portions = charge(contract.offer, usage, open);
  const purse = contract.line.paymentType === 'prepaid' ? purses.get(contract.line.account) : undefined;
  if (contract.line.paymentType === 'prepaid' && !purse) throw new Error(`${contract.line.key} has no money to pay from at ${iso(now)}`);
  if (purse) {
    for (const { gross } of portions) {
      purse.balance -= gross;
      purse.usage += gross;
    }
  }
  return { record, contract, portions, status: 'rated', ratedAt: now, billed: false };
}
