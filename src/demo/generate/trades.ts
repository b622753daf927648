import { areaOf, zoneOf } from '../books/place';
import { kindOf, quantityOf } from '../books/usage';
import type { Activity, Fault } from './activity';
import type { Line } from './lines';
import { dayAt } from './dublin';
import type { Charged } from './contract';
import type { Kind } from './offers';

/** One thing the host may charge: a call, a message, or all records of a data session. */
export interface Trade extends Charged {
  readonly kind: Kind;
  readonly parts: readonly Activity[];
  readonly line?: Line;
  readonly imsi: string;
  readonly quantity: number;
  readonly other?: string;
  readonly visited?: string;
  readonly fault?: Fault;
  readonly lost: boolean;
  /** Its records begin on one day. */
  readonly oneDay: boolean;
}

const keyOf = (activity: Activity, index: number): string => (activity.chargingId === undefined ? `#${index}` : `${activity.chargingId}|${activity.gateway ?? ''}`);

/** What happened, as the host sees it: records of one session together. */
export function tradesOf(activities: readonly Activity[]): Trade[] {
  const groups = new Map<string, Activity[]>();
  activities.forEach((activity, index) => {
    const key = keyOf(activity, index);
    groups.set(key, [...groups.get(key) ?? [], activity]);
  });
  return [...groups.values()].map((parts): Trade => {
    const [first] = parts as [Activity, ...Activity[]];
    const incoming = first.type === 'MTC';
    const zone = first.type === 'DATA' || incoming || first.other === undefined ? undefined : zoneOf(first.other);
    return {
      kind: kindOf(first), parts, imsi: first.imsi, at: first.at, incoming, area: areaOf(first.visited), lost: first.lost ?? false,
      quantity: parts.reduce((all, part) => all + quantityOf(part), 0), oneDay: new Set(parts.map(({ at }) => dayAt(at))).size === 1,
      ...(first.line ? { line: first.line } : {}), ...(zone === undefined ? {} : { zone }), ...(first.other === undefined ? {} : { other: first.other }),
      ...(first.visited === undefined ? {} : { visited: first.visited }), ...(first.fault ? { fault: first.fault } : {}),
    };
  });
}
