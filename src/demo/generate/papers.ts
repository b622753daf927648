import type { Lives } from './life';
import { LINE_FEE } from './contract';
import { dayAt } from './dublin';
import { divided, rescaled, scaled, text, total } from './exact';
import { GHOSTS, inBlock, msisdnAt, msisdnOf, simAt, simOf, type Line } from './lines';
import type { Plan } from './plan';
import type { Random } from './random';
import type { WholesaleRecord } from './wholesale';

/** What the host sends once a month: its list of our SIMs, and what it wants to be paid. */
export interface Papers {
  readonly lineList: string;
  readonly statement: string;
  /** Every figure that comparing them must show. */
  readonly figures: { readonly lines: Readonly<Record<string, number | string>>; readonly statement: Readonly<Record<string, number | string>> };
}

/** The profile that our lines have by our own account. */
export const PROFILE = 'STD-ROAM';
/** Two months of fees for SIMs that nobody here has: active at the host since September. */
const GHOSTS_SINCE = '2026-09-01';
const GHOST_MONTHS = 2n;

interface Row {
  readonly iccid: string;
  readonly imsi: string;
  readonly msisdn: string;
  readonly state: 'active' | 'ended';
  readonly profile: string;
  readonly activated: string;
  readonly ended: string;
}

const national = (msisdn: string): string => `0${msisdn.slice(3)}`;

function rowOf(line: Line, asOf: number, change: Partial<Row> = {}): Row {
  const { to = Infinity } = line;
  return {
    ...simAt(line, asOf), msisdn: national(msisdnAt(line, asOf)), state: to <= asOf ? 'ended' : 'active', profile: PROFILE, activated: dayAt(line.from), ended: to <= asOf ? dayAt(to) : '', ...change,
  };
}

const stray = ({ company }: Plan, nth: number, state: Row['state'], activated: string, ended: string): Row =>
  ({ ...simOf(inBlock(company, GHOSTS + nth)), msisdn: national(msisdnOf(inBlock(company, GHOSTS + nth))), state, profile: PROFILE, activated, ended });

/** The host's list of our SIMs on the last day of the month, with what is wrong in it. `lapsed` ended for want of money. */
function lineList(plan: Plan, lines: readonly Line[], swapped: readonly Line[], lapsed: ReadonlyMap<string, number>, random: Random): Pick<Papers, 'lineList'> & { readonly lines: Papers['figures']['lines']; readonly rows: number; readonly active: number } {
  const planted = plan.wholesale.lines ?? { ghosts: 0, missing: 0, notSwapped: 0, profiles: 0, ended: 0 };
  const asOf = plan.until - 1;
  const known = lines.map((line): Line => ({ ...line, ...(lapsed.has(line.key) ? { to: lapsed.get(line.key)! } : {}) }));
  const active = known.filter(({ to }) => to === undefined || to > asOf);
  const steady = random.shuffled(active.filter(({ eventful, from }) => !eventful && from === plan.from));
  const missing = new Set(steady.slice(0, planted.missing).map(({ key }) => key));
  const otherProfile = new Set(steady.slice(planted.missing, planted.missing + planted.profiles).map(({ key }) => key));
  const notSwapped = new Set(swapped.slice(0, planted.notSwapped).map(({ key }) => key));
  const rows = known.filter(({ key }) => !missing.has(key)).flatMap((line): Row[] => {
    const first = line.sims[0]!.value;
    if (notSwapped.has(line.key)) return [rowOf(line, asOf, first)];
    const row = rowOf(line, asOf, otherProfile.has(line.key) ? { profile: 'STD-HOME' } : {});
    return line.sims.length > 1 ? [row, rowOf(line, asOf, { ...first, state: 'ended', ended: dayAt(line.sims[1]!.from) })] : [row];
  });
  for (let index = 0; index < planted.ghosts; index += 1) rows.push(stray(plan, index, 'active', GHOSTS_SINCE, ''));
  for (let index = 0; index < planted.ended; index += 1) rows.push(stray(plan, 100 + index, 'ended', '2026-02-01', '2026-07-31'));
  const content = random.shuffled(rows).map(({ iccid, imsi, msisdn, state, profile, activated, ended }) => [dayAt(asOf), iccid, imsi, msisdn, state, profile, activated, ended, LINE_FEE].join(';'));
  const fee = scaled(LINE_FEE, 2);
  return {
    lineList: `${['asOf;iccid;imsi;msisdn;state;profile;activated;ended;fee', ...content].join('\r\n')}\r\n`, rows: rows.length, active: active.length,
    lines: {
      'lines on the list': rows.length, 'matched': active.length - planted.missing - planted.notSwapped - planted.profiles, 'activeAtHostOnly': planted.ghosts, 'activeAtUsOnly': planted.missing,
      'identityMismatch': planted.notSwapped, 'profileMismatch': planted.profiles, 'feeMismatch': 0, 'claim': text(fee * GHOST_MONTHS * BigInt(planted.ghosts), 2), 'accrual': text(fee * BigInt(planted.missing), 2),
    },
  };
}

const STATED: readonly (readonly [service: WholesaleRecord['kind'], rateClass: string, unit: string, size: number])[] = [
  ['voice', 'STD', 'minute', 60], ['voice', 'EEA', 'minute', 60], ['voice', 'INT1', 'minute', 60], ['sms', 'STD', 'message', 1], ['data', 'STD', 'MB', 1024 ** 2], ['data', 'EEA', 'MB', 1024 ** 2],
];
/** Minutes that the host states above its own records, at the later price. */
const EXTRA_MINUTES = 20n;
const EXTRA = scaled('0.22', 10);

/** The host's settlement statement: what its records say, but for a few minutes and its own count of SIMs. */
function statement(plan: Plan, records: readonly WholesaleRecord[], rows: number, active: number): Pick<Papers, 'statement'> & { readonly figures: Papers['figures']['statement'] } {
  const period = dayAt(plan.from).slice(0, 7);
  const lines = STATED.map(([service, rateClass, unit, size], index) => {
    const own = records.filter((record) => record.kind === service && record.rateClass === rateClass);
    const quantity = divided(total(own.map((record) => BigInt(record.quantity))) * 1000n, BigInt(size)) + (index === 0 ? EXTRA_MINUTES * 1000n : 0n);
    const amount = total(own.map(({ charge }) => charge)) + (index === 0 ? EXTRA : 0n);
    return [period, service, rateClass, text(quantity, 3), unit, text(rescaled(amount, 10, 4), 4), 'EUR'].join(';');
  });
  const fee = scaled(LINE_FEE, 2);
  const all = [...lines, `${period};lineFee;;${rows};line;${text(fee * BigInt(rows), 2)};EUR`, `${period};commitment;;1;month;0;EUR`];
  const claim = EXTRA / 100_000_000n + fee * BigInt(rows - active);
  return {
    statement: `${['period;service;rateClass;quantity;unit;amount;currency', ...all].join('\r\n')}\r\n`,
    figures: { 'rows': all.length, 'rows that fit': all.length - 2, 'claim': text(claim, 2) },
  };
}

/** The host's monthly papers, with what is planted in them. */
export function papers(plan: Plan, lines: readonly Line[], { swapped }: Lives, lapsed: ReadonlyMap<string, number>, records: readonly WholesaleRecord[], random: Random): Papers {
  const list = lineList(plan, lines, swapped, lapsed, random);
  const settled = statement(plan, records, list.rows, list.active);
  return { lineList: list.lineList, statement: settled.statement, figures: { lines: list.lines, statement: settled.figures } };
}
