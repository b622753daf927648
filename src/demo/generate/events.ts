import { call, destination, duration, fileCount, mobile, zoneOfCall, moments, references, sms, visitedIn, windowOf, type Activity, type Fault, type Moments } from './activity';
import type { Company } from './company';
import type { Lives } from './life';
import { UNKNOWN, imsiOf, inBlock, msisdnAt, msisdnOf, type Line } from './lines';
import { DAY, HOUR, MINUTE, SECOND, dayAt, dublin, midnightFrom } from './dublin';
import { dayOf } from './wholesale';
import { free, type Plan } from './plan';
import { picker, type Random } from './random';
import { dataRecords, sessions, type SessionMaker } from './sessions';

/** Everything that happened, by its start, as the network wrote it; `lost` records never reached us. */
export interface Happened {
  readonly activities: readonly Activity[];
  /** Postpaid, charged, and in the file that comes after the bills. */
  readonly unbilled: ReadonlySet<Activity>;
}

interface Making {
  readonly plan: Plan;
  readonly company: Company;
  readonly lives: Lives;
  readonly random: Random;
  readonly moments: Moments;
  readonly reference: (line: Line) => number;
  readonly maker: SessionMaker;
  readonly classic: readonly Line[];
}

const chooser = (lines: readonly Line[], what: keyof Line['weight'], random: Random): (() => Line) => picker(lines.map((line) => [line, line.weight[what]] as const), random);

/** CLASSIC lines that are there all the time and that nothing happens to: all of their usage is charged on a bill. */
const steady = ({ classic }: Making): readonly Line[] => classic;

const DEAR = ['W3', 'satellite', 'premium'];

/** Nobody talks for an hour at 4.50 a minute from a balance of 20. */
const affordable = ({ paymentType }: Line, zone: string, visited: string | undefined, seconds: number): number =>
  (paymentType === 'prepaid' && (DEAR.includes(zone) || visited !== undefined) ? Math.min(seconds, 110) : seconds);

/** Calls, answered calls and forwarded ones, some of them abroad. */
function calls(making: Making, outgoing: number): Activity[] {
  const { plan: { records, roaming }, random, moments: when, company: { lines } } = making;
  const choose = chooser(lines, 'calls', random);
  const far = () => random.pick(['zone2', 'world'] as const);
  const made: Activity[] = [];
  for (let index = 0; index < outgoing; index += 1) {
    const line = choose();
    const visited = index < roaming.calls ? visitedIn(random, index % 3 === 2 ? far() : 'EEA') : undefined;
    const zone = visited === undefined ? zoneOfCall(random) : 'national';
    made.push(call('MOC', line, when.of(line), affordable(line, zone, visited, duration(random)), destination(random, zone), visited === undefined ? {} : { visited }));
  }
  for (let index = 0; index < records.incoming; index += 1) {
    const line = choose();
    const visited = index < roaming.answeredFar ? visitedIn(random, far()) : undefined;
    made.push(call('MTC', line, when.of(line), affordable(line, 'national', visited, duration(random)), mobile(random), visited === undefined ? {} : { visited }));
  }
  for (let index = 0; index < records.forwarded; index += 1) {
    const line = choose();
    made.push(call('CF', line, when.of(line), duration(random), destination(random, 'national')));
  }
  return made;
}

function longMessage({ random, reference, moments: when }: Making, line: Line): Activity[] {
  const [at, other, number] = [when.of(line), mobile(random), reference(line)];
  return [1, 2, 3].map((part) => sms(line, at, other, number, part, 3));
}

function messages(making: Making, count: number): Activity[] {
  const { plan, random, reference, moments: when, company: { lines } } = making;
  const choose = chooser(lines, 'sms', random);
  const made = Array.from({ length: plan.faults.longSms }, () => longMessage(making, choose())).flat();
  while (made.length < count) {
    const line = choose();
    made.push(sms(line, when.of(line), random.next() < 0.9 ? mobile(random) : destination(random, random.pick(['W1', 'W2'])), reference(line)));
  }
  return made;
}

function volumes(making: Making, count: number): Activity[] {
  const { plan: { roaming }, random, moments: when, maker, company: { lines } } = making;
  const choose = chooser(lines, 'data', random);
  const abroad = chooser(lines.filter(({ offers }) => /^(GO|SIM-M)/.test(offers[0]!.value)), 'data', random);
  const eea = dataRecords(roaming.dataEea, maker, when, abroad, () => visitedIn(random, 'EEA'));
  // Abroad outside the EEA a megabyte costs up to 5.00: small sessions, by lines that have much money or a bill.
  const classic = steady(making);
  const far = Array.from({ length: roaming.dataFar }, () => {
    const line = random.pick(classic);
    return maker.records(line, when.of(line), random.whole(100_000, 900_000), visitedIn(random, random.pick(['zone2', 'world']))).slice(0, 1);
  }).flat();
  return [...eea, ...far, ...dataRecords(count - eea.length - far.length, maker, when, choose, () => undefined)];
}

/** Charged usage of postpaid lines within one file's window, of all three kinds; data in one record each. */
function charged(making: Making, count: number, file: number, more: Partial<Activity> = {}): Activity[] {
  const { plan, random, moments: when, reference, maker } = making;
  const window = windowOf(plan, file);
  const lines = steady(making);
  return Array.from({ length: count }, (_, index) => {
    const line = lines[index % lines.length]!;
    const at = when.of(line, { from: window.from, until: window.until - 20 * MINUTE });
    if (index % 3 === 0) return { ...call('MOC', line, at, random.whole(20, 600), destination(random, 'national')), ...more };
    if (index % 3 === 1) return { ...sms(line, at, mobile(random), reference(line)), ...more };
    const [record] = maker.records(line, at, random.whole(2_000_000, 40_000_000));
    return { ...record!, seconds: Math.min(record!.seconds, 900), ...more };
  });
}

/** Records that will be rejected, each for its reason. */
function faulty(making: Making): Activity[] {
  const { plan, company: { lines, old }, lives: { ended }, random, moments: when } = making;
  const classic = steady(making);
  const pick = () => random.pick(classic);
  const day = (from: number): number => from + random.whole(8, 20) * HOUR + random.whole(0, 3599) * SECOND;
  const make = (fault: Fault, count: number, one: (index: number) => Activity): Activity[] => Array.from({ length: count }, (_, index) => ({ ...one(index), fault }));
  const answered = () => random.whole(20, 400);
  const plain = (line: Line, at: number) => call('MOC', line, at, answered(), destination(random, 'national'));
  const f = plan.faults;
  const stranger = (index: number) => {
    const { line: _, ...rest } = plain(classic[0]!, when.of(pick()));
    const nth = inBlock(making.plan.company, UNKNOWN + index);
    return { ...rest, imsi: imsiOf(nth), msisdn: msisdnOf(nth) };
  };
  return [
    ...make('unknownImsi', f.unknownImsi, stranger),
    ...make('afterTermination', f.afterTermination, (index) => {
      const line = ended[index % ended.length]!;
      const days = Math.max(1, Math.floor((plan.until - midnightFrom(line.to!, 1)) / DAY));
      return plain(line, day(midnightFrom(line.to!, 1 + (Math.floor(index / ended.length) % days))));
    }),
    ...make('beforeStart', f.beforeStart, (index) => plain(classic[index % classic.length]!, day(plan.from - DAY * (1 + (index % 2))))),
    ...make('tooOld', f.tooOld, (index) => plain(old[index % old.length]!, day(dublin(2026, 7, 1)))),
    // Within the play, and days after the file that brings it.
    ...make('inFuture', f.inFuture, (index) => { const line = classic[index % classic.length]!; return plain(line, when.of(line, windowOf(plan, fileCount(plan)))); }),
    ...make('unknownZone', f.unknownZone, () => { const line = pick(); return { ...plain(line, when.of(line)), other: `21055${random.whole(100_000, 999_999)}` }; }),
    ...make('conflict', f.conflict, () => { const line = pick(); return { ...plain(line, when.of(line)), msisdn: msisdnAt(lines.find((other) => other !== line && !other.eventful && other.from <= plan.from)!, line.from) }; }),
  ];
}

/** A call that would cost more than its cap. */
function dearest(making: Making): Activity[] {
  const [line] = steady(making) as [Line, ...Line[]];
  return [call('MOC', line, making.moments.of(line), 900, destination(making.random, 'premium'))];
}

/** Calls in the hour that the clock shows twice: late in its first, early in its second turn, so that their order tells which. */
const doubledHour = (making: Making): Activity[] => Array.from({ length: making.plan.faults.doubledHour }, (_, index) => {
  const turn = index % 2;
  const line = making.random.pick(steady(making));
  const at = dublin(2026, 10, 25, 1) + turn * HOUR + (turn === 0 ? 40 + index : 5 + 3 * index) * MINUTE;
  making.moments.take(line, at);
  return call('MOC', line, at, making.random.whole(30, 600), destination(making.random, 'national'));
});

/** Sessions whose volume is a whole number of hundred KB: one per cent of it is a whole number of KB, so that the host can be off by exactly that. */
function rounded(activities: readonly Activity[], count: number): Activity[] {
  const single = new Map<string, number>();
  for (const { chargingId = '' } of activities) single.set(chargingId, (single.get(chargingId) ?? 0) + 1);
  let left = count;
  return activities.map((activity) => {
    const { type, up, down, chargingId = '', visited } = activity;
    if (left === 0 || type !== 'DATA' || visited !== undefined || single.get(chargingId) !== 1 || up + down < 15_000_000) return activity;
    left -= 1;
    return { ...activity, down: Math.floor((up + down) / 102_400) * 102_400 - up };
  });
}

const THOUSAND_KB = 1_024_000;

/** Sessions that begin on the day whose volumes the host states in thousandths: whole thousands of KB, so that nothing is lost by it. */
function inThousands(activities: readonly Activity[], plan: Plan): Activity[] {
  const day = dayOf(plan, plan.wholesale.thousandthDay);
  const sums = new Map<string, { first: number; octets: number; last: Activity }>();
  for (const one of activities) {
    if (one.chargingId === undefined) continue;
    const held = sums.get(one.chargingId) ?? { first: one.at, octets: 0, last: one };
    sums.set(one.chargingId, { first: Math.min(held.first, one.at), octets: held.octets + one.up + one.down, last: held.last.at > one.at ? held.last : one });
  }
  return activities.map((one) => {
    const session = one.chargingId === undefined ? undefined : sums.get(one.chargingId);
    if (!session || session.last !== one || dayAt(session.first) !== day) return one;
    return { ...one, down: one.down + (THOUSAND_KB - (session.octets % THOUSAND_KB)) };
  });
}

/** The play's usage: exactly as many records of each kind as planned, and those that were lost on top. */
export function happened(plan: Plan, company: Company, lives: Lives, random: Random): Happened {
  const making: Making = {
    plan, company, lives, random: random.fork('usage'), moments: moments(plan, random.fork('moments')), reference: references(), maker: sessions(plan, random.fork('sessions')), classic: free(company.lines, 'CLASSIC', plan),
  };
  const unbilled = charged(making, plan.wholesale.unbilled, plan.files.late);
  const lost = charged(making, plan.wholesale.lost, plan.files.lost, { lost: true });
  const special = [...faulty(making), ...doubledHour(making), ...unbilled, ...dearest(making)];
  const count = (type: Activity['type']) => special.filter((one) => one.type === type).length;
  const activities = inThousands([
    ...special, ...lost, ...calls(making, plan.records.outgoing - count('MOC')), ...messages(making, plan.records.sms - count('SMS_MO')),
    ...rounded(volumes(making, plan.records.data - count('DATA')), Math.ceil(plan.wholesale.atTolerance / 3) + 2),
  ], plan).sort((a, b) => a.at - b.at);
  return { activities, unbilled: new Set(unbilled) };
}
