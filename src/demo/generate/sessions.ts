import { data, windowOf, type Activity, type Moments } from './activity';
import { unchangedFor, type Line } from './lines';
import { HOUR, SECOND, midnightFrom } from './dublin';
import type { Plan } from './plan';
import type { Random } from './random';

const MB = 1024 ** 2;
/** A gateway closes a record at 200 MB, after four hours or at midnight. */
const MOST_OCTETS = 200 * MB;
const LONGEST = 4 * HOUR;

export interface SessionMaker {
  /** The records of one session of a line, from an instant on. */
  records(line: Line, at: number, octets: number, visited?: string): Activity[];
  octets(): number;
}

/** Data sessions, each cut as a gateway cuts them; windows that a file fault is about are not crossed. */
export function sessions(plan: Plan, random: Random): SessionMaker {
  let made = 0;
  const edges = [plan.files.late, plan.files.lost, plan.files.empty].flatMap((file) => {
    const window = windowOf(plan, file);
    return [window.from, window.until];
  });
  const session = () => {
    made += 1;
    return { chargingId: String(981_000_000 + plan.company * 100_000 + made * 7), gateway: `192.0.2.${10 + (made % 9)}` };
  };
  return {
    octets: () => Math.max(20_000, Math.round(random.lognormal(110 * MB, 1.1))),
    records(line, at, octets, visited) {
      const ids = session();
      const length = Math.min(random.whole(60, 10 * 3600) * SECOND, ...edges.filter((edge) => edge > at).map((edge) => edge - at), plan.until - at, unchangedFor(line, at));
      const seconds = Math.max(1, Math.floor(length / SECOND));
      const cuts = cutsOf(at, seconds, octets);
      return cuts.map(({ from, seconds: part, octets: volume }, index) => {
        const up = Math.round(volume * (0.02 + random.next() * 0.08));
        return data(line, from, part, up, volume - up, ids, index + 1, visited === undefined ? {} : { visited });
      });
    },
  };
}

interface Cut {
  readonly from: number;
  readonly seconds: number;
  readonly octets: number;
}

function cutsOf(at: number, seconds: number, octets: number): Cut[] {
  const rate = octets / seconds;
  const cuts: Cut[] = [];
  let [from, left, volume] = [at, seconds, octets];
  while (left > 0 && volume > 0) {
    const part = Math.max(1, Math.min(left, Math.floor(MOST_OCTETS / rate), LONGEST / SECOND, (midnightFrom(from, 1) - from) / SECOND));
    const share = part >= left ? volume : Math.min(volume, Math.round(part * rate));
    cuts.push({ from, seconds: part, octets: share });
    from += part * SECOND;
    left -= part;
    volume -= share;
  }
  return cuts;
}

/** Sessions until there are so many records; the last one may be cut short to fit. */
export function dataRecords(count: number, maker: SessionMaker, moments: Moments, choose: () => Line, visited: () => string | undefined): Activity[] {
  const records: Activity[] = [];
  while (records.length < count) {
    const line = choose();
    const at = moments.of(line);
    const made = maker.records(line, at, maker.octets(), visited());
    for (const record of made) moments.take(line, record.at);
    records.push(...made.slice(0, count - records.length));
  }
  return records;
}
