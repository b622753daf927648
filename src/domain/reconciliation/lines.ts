import { DateTime } from 'luxon';
import { decimal, jsonNumber, round } from '../amount';
import { MONEY_SCALE } from './item';
import { itemId } from './itemIdentity';
import { compareBy, compareText } from './records';

/** One SIM on the host's list. Fee per month, in the contract's currency. */
export interface HostLine {
  readonly iccid?: string;
  readonly imsi?: string;
  readonly msisdn?: string;
  readonly state: 'active' | 'suspended' | 'ended';
  readonly profile?: string;
  /** ISO dates. */
  readonly activated?: string;
  readonly ended?: string;
  readonly fee?: number;
  readonly file?: string;
  readonly line?: number;
  readonly raw?: string;
}

/** One SIM as our product inventory has it. `from` and `to` are ISO 8601; without `to` it is in use. */
export interface OwnLine {
  readonly product: string;
  readonly iccid?: string;
  readonly imsi?: string;
  readonly msisdn?: string;
  readonly profile?: string;
  readonly from: string;
  readonly to?: string;
}

export const LINE_CLASSES = ['matched', 'activeAtHostOnly', 'activeAtUsOnly', 'identityMismatch', 'profileMismatch', 'feeMismatch'] as const;
export type LineClass = (typeof LINE_CLASSES)[number];

export interface LineItem {
  readonly id: string;
  readonly host: string;
  readonly class: LineClass;
  readonly flags: readonly LineClass[];
  readonly product?: string;
  readonly iccid?: string;
  readonly imsi?: string;
  readonly msisdn?: string;
  /** What differs, such as `imsi 0010... at the host, 0011... with us`. */
  readonly detail: string;
  /** Months begun that the money is counted for. */
  readonly months: number;
  /** Fees to ask back; fees still to be expected. */
  readonly claim: number;
  readonly accrual: number;
  readonly file?: string;
  readonly line?: number;
  readonly raw?: string;
}

export interface LineOptions {
  readonly host: string;
  /** Date of the host's list, ISO. */
  readonly asOf: string;
  readonly timeZone?: string;
  /** The contract's fee per month. */
  readonly lineFee?: number;
}

export interface LineResult {
  readonly items: readonly LineItem[];
  readonly counts: Readonly<Record<LineClass, number>>;
  readonly claim: number;
  readonly accrual: number;
}

const lineClassOrder = (a: LineClass, b: LineClass): number => LINE_CLASSES.indexOf(a) - LINE_CLASSES.indexOf(b);

/** Calendar months begun from one date up to another, at least one. */
function monthsBegun(from: string | undefined, asOf: DateTime, zone: string): number {
  if (from === undefined) return 1;
  const start = DateTime.fromISO(from, { zone });
  if (!start.isValid || start > asOf) return 1;
  return (asOf.year - start.year) * 12 + asOf.month - start.month + 1;
}

interface Index { readonly iccid: Map<string, OwnLine[]>; readonly imsi: Map<string, OwnLine[]>; readonly msisdn: Map<string, OwnLine[]> }
const IDENTITIES = ['iccid', 'imsi', 'msisdn'] as const;

function indexed(lines: readonly OwnLine[]): Index {
  const index: Index = { iccid: new Map(), imsi: new Map(), msisdn: new Map() };
  for (const line of lines) {
    for (const name of IDENTITIES) {
      const value = line[name];
      if (value === undefined) continue;
      const list = index[name].get(value);
      if (list) list.push(line);
      else index[name].set(value, [line]);
    }
  }
  return index;
}

const active = (line: OwnLine, at: DateTime, zone: string): boolean => DateTime.fromISO(line.from, { zone }) <= at
  && (line.to === undefined || DateTime.fromISO(line.to, { zone }) > at);

/** Identities that both sides state and that differ. */
const differing = (host: HostLine, own: OwnLine) => IDENTITIES.filter((name) => host[name] !== undefined && own[name] !== undefined && host[name] !== own[name]);

interface Working { readonly options: LineOptions; readonly zone: string; readonly at: DateTime }

function fees(fee: number, months: number): number {
  return jsonNumber(round(decimal(fee).times(months), MONEY_SCALE));
}

const lineName = ({ iccid, imsi, msisdn }: Pick<HostLine, (typeof IDENTITIES)[number]>): string => iccid ?? imsi ?? msisdn ?? '';

function itemFor(host: HostLine | undefined, own: OwnLine | undefined, rest: Pick<LineItem, 'class' | 'flags' | 'detail' | 'months' | 'claim' | 'accrual'>, { options }: Working): LineItem {
  const shown: HostLine | OwnLine = host ?? own!;
  return {
    id: itemId(options.host, { side: 'line', record: lineName(shown), repeat: 0 }), host: options.host, ...rest,
    ...(own && { product: own.product }),
    ...(shown.iccid !== undefined && { iccid: shown.iccid }), ...(shown.imsi !== undefined && { imsi: shown.imsi }), ...(shown.msisdn !== undefined && { msisdn: shown.msisdn }),
    ...(host?.file !== undefined && { file: host.file }), ...(host?.line !== undefined && { line: host.line }), ...(host?.raw !== undefined && { raw: host.raw }),
  };
}

function compareLine(host: HostLine, own: OwnLine, working: Working): LineItem {
  const { options, at, zone } = working;
  const found: LineClass[] = [];
  const detail: string[] = [];
  for (const name of differing(host, own)) {
    if (!found.includes('identityMismatch')) found.push('identityMismatch');
    detail.push(`${name} ${host[name]} at the host, ${own[name]} with us`);
  }
  if (host.profile !== undefined && own.profile !== undefined && host.profile !== own.profile) {
    found.push('profileMismatch');
    detail.push(`profile ${host.profile} at the host, ${own.profile} with us`);
  }
  const difference = decimal(host.fee ?? options.lineFee ?? 0).minus(decimal(options.lineFee ?? host.fee ?? 0));
  const months = difference.isZero() ? 0 : monthsBegun(host.activated, at, zone);
  if (!difference.isZero()) {
    found.push('feeMismatch');
    detail.push(`fee ${host.fee} charged, ${options.lineFee} agreed`);
  }
  found.sort(lineClassOrder);
  const money = fees(difference.abs().toNumber(), months);
  return itemFor(host, own, {
    class: found[0] ?? 'matched', flags: found.slice(1), detail: detail.join('; '), months,
    claim: difference.gt(0) ? money : 0, accrual: difference.lt(0) ? money : 0,
  }, working);
}

/** A SIM that the host still runs: its fees since our product ended, or since it was activated when we never had it. */
function hostOnly(host: HostLine, former: OwnLine | undefined, working: Working): LineItem {
  const months = monthsBegun(former?.to ?? host.activated, working.at, working.zone);
  return itemFor(host, former, {
    class: 'activeAtHostOnly', flags: [], months, claim: fees(host.fee ?? working.options.lineFee ?? 0, months), accrual: 0,
    detail: former ? `our product ended ${former.to ?? former.from}` : 'we have no such line',
  }, working);
}

function usOnly(own: OwnLine, host: HostLine | undefined, working: Working): LineItem {
  const from = host?.ended ?? own.from;
  const months = monthsBegun(from, working.at, working.zone);
  return itemFor(host, own, {
    class: 'activeAtUsOnly', flags: [], months, claim: 0, accrual: fees(working.options.lineFee ?? 0, months),
    detail: host ? `${host.state} at the host` : 'the host has no such line',
  }, working);
}

/** Our lines that share an identity with the host's, the stronger identity first: ICCID, then IMSI, then number. */
function candidatesFor(host: HostLine, index: Index): OwnLine[] {
  return [...new Set(IDENTITIES.flatMap((name) => (host[name] === undefined ? [] : index[name].get(host[name]) ?? [])))];
}

// Total orders by content: where a line stands in its list decides nothing.
const byHostLine = (a: HostLine, b: HostLine): number => compareBy([...IDENTITIES, 'state', 'profile', 'activated', 'ended', 'fee', 'file', 'raw', 'line'], a, b);
const byOwnLine = (a: OwnLine, b: OwnLine): number => compareBy([...IDENTITIES, 'from', 'to', 'product', 'profile'], a, b);

/**
 * The host's list of SIMs against ours at its date. Suspended SIMs count as in use: both sides pay for them.
 * One item per line; a line with several faults has the gravest class and flags for the rest.
 */
export function reconcileLines(hostLines: readonly HostLine[], ownLines: readonly OwnLine[], options: LineOptions): LineResult {
  const zone = options.timeZone ?? 'UTC';
  const working: Working = { options, zone, at: DateTime.fromISO(options.asOf, { zone }).endOf('day') };
  const ours = [...ownLines].sort(byOwnLine);
  const index = indexed(ours);
  const taken = new Set<OwnLine>();
  const items: LineItem[] = [];
  const order = [...hostLines].sort(byHostLine);
  const free = (host: HostLine) => candidatesFor(host, index).filter((line) => !taken.has(line) && active(line, working.at, zone));
  const settle = (hosts: readonly HostLine[], mayTake: (host: HostLine, own: OwnLine) => boolean) => hosts.filter((host) => {
    const own = free(host).find((line) => mayTake(host, line));
    if (!own) return true;
    taken.add(own);
    items.push(compareLine(host, own, working));
    return false;
  });
  // Full agreement first: a swapped SIM must not take the line of the one it was swapped with.
  const unsure = settle(order.filter(({ state }) => state !== 'ended'), (host, own) => differing(host, own).length === 0);
  for (const host of settle(unsure, () => true)) {
    const former = candidatesFor(host, index).filter((line) => !active(line, working.at, zone)).sort((a, b) => compareText(b.to, a.to))[0];
    items.push(hostOnly(host, former, working));
  }
  const ended = new Map(order.filter(({ state }) => state === 'ended').flatMap((host) => free(host).slice(0, 1).map((own) => [own, host] as const)));
  for (const own of ours) if (!taken.has(own) && active(own, working.at, zone)) items.push(usOnly(own, ended.get(own), working));
  return summary(items.sort((a, b) => lineClassOrder(a.class, b.class) || compareBy(IDENTITIES, a, b)));
}

/** A line that is listed again has an item of its own. */
function withRepeats(items: readonly LineItem[]): LineItem[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const repeat = counts.get(item.id) ?? 0;
    counts.set(item.id, repeat + 1);
    return repeat === 0 ? item : { ...item, id: itemId(item.host, { side: 'line', record: lineName(item), repeat }) };
  });
}

function summary(items: readonly LineItem[]): LineResult {
  const total = (name: 'claim' | 'accrual') => jsonNumber(items.reduce((all, item) => all.plus(item[name]), decimal(0)));
  const counts = Object.fromEntries(LINE_CLASSES.map((name) => [name, items.filter((item) => item.class === name).length])) as Record<LineClass, number>;
  return { items: withRepeats(items), counts, claim: total('claim'), accrual: total('accrual') };
}
