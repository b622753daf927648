import { createHash } from 'node:crypto';
import { decimal, jsonNumber, round } from '../../domain/amount';
import type { Product } from '../../domain/product';
import { accountPeriod, type CycleAccount } from '../../domain/proration';
import { WHOLESALE_SCALE } from '../../domain/reconciliation/contract';
import type { OwnRecord, WholesaleRecord } from '../../domain/reconciliation/records';
import type { SubscriberIdentity } from '../../domain/reconciliation/subscriber';
import type { Doc } from '../../store/codec';
import { scan } from '../../store/scan';
import type { Store } from '../../store/store';
import { wholesaleRecords } from '../../store/wholesaleRecord';
import type { Identity } from '../identity';
import { isRead, type ReconciliationRun, type WholesaleFile } from './documents';
import { COMPARED, type ComparedUsage, hostOf, ownRecordOf, productOf, WHOLESALE_TYPE, wholesaleRecordOf } from './usageRecords';

/**
 * Read beyond the period on either side, so that what crosses its border finds its partner: a day, for sums of days and sessions, and
 * two hours, by which a file may be off.
 */
export const MARGIN_MS = 26 * 3_600_000;

/** The period with what is read beyond it. */
export const spanToRead = ({ period }: Pick<ReconciliationRun, 'period'>): Span =>
  ({ from: Date.parse(period.startDateTime) - MARGIN_MS, to: Date.parse(period.endDateTime) + MARGIN_MS });

interface Span { readonly from: number; readonly to: number }

const iso = (at: number): string => new Date(at).toISOString();

/** Texts that many records share. */
const SHARED = ['imsi', 'msisdn', 'visitedNetwork', 'gateway', 'service', 'direction', 'product', 'source', 'rejectReason', 'state', 'file', 'currency', 'rateClass'] as const;

type Writable = { [name in (typeof SHARED)[number]]?: string };

/** Keeps equal texts once: read from the database each is one of its own, and a month of records has millions. */
function sharing(): <R extends OwnRecord | WholesaleRecord>(record: R) => R {
  const known = new Map<string, string>();
  return (record) => {
    const writable = record as Writable;
    for (const name of SHARED) {
      const text = writable[name];
      if (text === undefined) continue;
      const kept = known.get(text);
      if (kept === undefined) known.set(text, text);
      else writable[name] = kept;
    }
    return record;
  };
}

/** All that a run compares. Records come without their lines of text, so that a month fits into memory. */
export interface Inputs {
  readonly own: OwnRecord[];
  /** Usage of ours that cannot be compared. */
  readonly ownUnreadable: number;
  readonly ownFingerprint: string;
  readonly wholesale: WholesaleRecord[];
  readonly identities: readonly SubscriberIdentity[];
  readonly files: readonly WholesaleFile[];
  /** Records in the period, by file. */
  readonly recordsOf: ReadonlyMap<string, number>;
}

export async function readInputs(store: Store, run: ReconciliationRun): Promise<Inputs> {
  const files = await filesOf(store, run);
  const share = sharing();
  const own = await readUsage(store, run, share);
  const host = await readFiles(store, run, files, share);
  for (const record of own.wholesale) host.wholesale.push(record);
  return { own: own.own, ownUnreadable: own.unreadable, ownFingerprint: own.fingerprint, ...host, files, identities: await readIdentities(store, run) };
}

/** The host's files that may hold usage of the period. */
async function filesOf(store: Store, run: ReconciliationRun): Promise<WholesaleFile[]> {
  const { host } = run;
  const { from, to } = spanToRead(run);
  const found: WholesaleFile[] = [];
  for await (const batch of scan<WholesaleFile>(store, 'wholesaleFile', { host }, { sort: { creationDate: 1, _id: 1 } })) {
    found.push(...batch.filter(({ usagePeriod }) => usagePeriod?.startDateTime !== undefined && usagePeriod.startDateTime < iso(to)
      && (usagePeriod.endDateTime ?? usagePeriod.startDateTime) >= iso(from)));
  }
  return found;
}

type Share = ReturnType<typeof sharing>;

async function readFiles(store: Store, run: ReconciliationRun, files: readonly WholesaleFile[], share: Share): Promise<Pick<Inputs, 'wholesale' | 'recordsOf'>> {
  const { from, to } = spanToRead(run);
  const read = new Map(files.filter(isRead).map((file) => [file.id, file]));
  const wholesale: WholesaleRecord[] = [];
  const recordsOf = new Map<string, number>();
  for await (const batch of wholesaleRecords(store, run.host, from, to)) {
    for (const record of batch) {
      const file = read.get(record.file!);
      if (!file) continue;
      if (isIn(run, record.start)) recordsOf.set(file.id, (recordsOf.get(file.id) ?? 0) + 1);
      wholesale.push(share(file.exchangeRate === undefined ? record : exchanged(record, file.exchangeRate)));
    }
  }
  return { wholesale, recordsOf };
}

const isIn = ({ period }: ReconciliationRun, at: number): boolean => at >= Date.parse(period.startDateTime) && at < Date.parse(period.endDateTime);

/** The charge in the currency of the contract, at the rate that the file came with. */
const exchanged = ({ currency: _currency, ...record }: WholesaleRecord, rate: number): WholesaleRecord =>
  ({ ...record, charge: jsonNumber(round(decimal(record.charge).times(decimal(rate)), WHOLESALE_SCALE)) });

interface ReadUsage {
  readonly own: OwnRecord[];
  readonly wholesale: WholesaleRecord[];
  readonly unreadable: number;
  readonly fingerprint: string;
}

/** Our usage of the period, and wholesale records that came as TMF635 usage. */
async function readUsage(store: Store, run: ReconciliationRun, share: Share): Promise<ReadUsage> {
  const { from, to } = spanToRead(run);
  const dues = billDues(store);
  const asOf = Date.parse(run.asOf);
  const hash = createHash('sha256');
  const result = { own: [] as OwnRecord[], wholesale: [] as WholesaleRecord[], unreadable: 0 };
  const filter = { usageDate: { $gte: iso(from), $lt: iso(to) } };
  for await (const batch of scan<ComparedUsage>(store, 'usage', filter, { sort: { usageDate: 1, _id: 1 }, only: COMPARED })) {
    await dues.learn(batch.filter(({ status }) => status === 'rated').flatMap((usage) => productOf(usage) ?? []));
    for (const usage of batch) {
      const host = hostOf(usage);
      if (usage['@type'] === WHOLESALE_TYPE) {
        const record = host === run.host ? wholesaleRecordOf(usage) : undefined;
        if (record) result.wholesale.push(share(record));
        continue;
      }
      // Usage of ours that names no host may be of any.
      if (host !== undefined && host !== run.host) continue;
      const record = ownRecordOf(usage, dues.of(productOf(usage), usage.usageDate), asOf);
      if (!record) {
        if (isIn(run, Date.parse(usage.usageDate ?? ''))) result.unreadable += 1;
        continue;
      }
      if (isIn(run, record.start)) hash.update(`${record.id}|${record.start}|${record.quantity}|${record.state}|${record.amount ?? ''}\n`);
      result.own.push(share(record));
    }
  }
  return { ...result, fingerprint: hash.digest('hex') };
}

interface BillDues {
  learn(products: readonly string[]): Promise<void>;
  /** End of the bill period of the product's account that the date lies in. */
  of(product: string | undefined, usageDate: string | undefined): number | undefined;
}

/** When usage is due to be billed, by the cycle of its account. */
function billDues(store: Store): BillDues {
  const accountOf = new Map<string, string | undefined>();
  const accounts = new Map<string, CycleAccount>();
  return {
    async learn(ids) {
      const unknown = [...new Set(ids)].filter((id) => !accountOf.has(id));
      for (const id of unknown) accountOf.set(id, undefined);
      const products = unknown.length === 0 ? [] : await store.readMany<Product>('product', unknown);
      for (const { doc } of products) accountOf.set(doc.id, doc.billingAccount?.id);
      const wanted = products.flatMap(({ doc }) => doc.billingAccount?.id ?? []).filter((id) => !accounts.has(id));
      for (const { doc } of await store.readMany<CycleAccount & Doc>('billingAccount', wanted)) accounts.set(doc.id, doc);
    },
    of(product, usageDate) {
      const id = product === undefined ? undefined : accountOf.get(product);
      const account = id === undefined ? undefined : accounts.get(id);
      return account && usageDate !== undefined ? Date.parse(accountPeriod(account, new Date(usageDate)).endDateTime) : undefined;
    },
  };
}

/** Who had which SIM and number during the period, product by product. */
async function readIdentities(store: Store, run: ReconciliationRun): Promise<SubscriberIdentity[]> {
  const { from, to } = spanToRead(run);
  const byProduct = new Map<string, { imsi: Identity[]; msisdn: Identity[] }>();
  const during = { from: { $lt: iso(to) }, $or: [{ to: null }, { to: { $gt: iso(from) } }] };
  for await (const batch of scan<Identity>(store, 'identity', during)) {
    for (const identity of batch) {
      if (identity.kind === 'iccid') continue;
      const held = byProduct.get(identity.productId) ?? { imsi: [], msisdn: [] };
      byProduct.set(identity.productId, held);
      held[identity.kind].push(identity);
    }
  }
  return [...byProduct.values()].flatMap(({ imsi, msisdn }) => {
    if (imsi.length === 0) return msisdn.map((one) => ({ ...spanOf(one), imsi: `+${one.value}`, msisdn: one.value }));
    if (msisdn.length === 0) return imsi.map((one) => ({ ...spanOf(one), imsi: one.value, msisdn: '' }));
    return imsi.flatMap((sim) => msisdn.flatMap((number) => {
      const [a, b] = [spanOf(sim), spanOf(number)];
      const [from, to] = [Math.max(a.from, b.from), Math.min(a.to, b.to)];
      return from < to ? [{ imsi: sim.value, msisdn: number.value, from, to }] : [];
    }));
  });
}

const spanOf = ({ from, to }: Identity): Span => ({ from: Date.parse(from), to: to === null ? Infinity : Date.parse(to) });
