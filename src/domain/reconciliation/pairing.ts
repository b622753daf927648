import { agrees, byContent, compareText, type OwnRecord, type UsageRecord, type WholesaleRecord } from './records';
import { allowedDifference, type ServiceTolerance } from './tolerances';
import { assign, type Edge } from './assignment';

export interface Pair {
  readonly own: OwnRecord;
  readonly wholesale: WholesaleRecord;
  /** Found by the number alone: the two sides know different SIMs. */
  readonly otherSim: boolean;
}

const MICRO = 1e6;

/** Start and quantity differences, each in units of its tolerance, so that seconds and octets can be added. Millionths. */
function distance(own: OwnRecord, wholesale: WholesaleRecord, tolerance: ServiceTolerance): number {
  const start = Math.abs(own.start - wholesale.start) / Math.max(tolerance.startMs, 1);
  const quantity = Math.abs(own.quantity - wholesale.quantity) / Math.max(allowedDifference(own.quantity, tolerance), 1);
  return Math.min(Math.round((start + quantity) * MICRO), 1e12);
}

const sessionOf = (record: UsageRecord) => (record.chargingId === undefined ? undefined : `${record.chargingId}`);

export function mayPair(own: UsageRecord, wholesale: UsageRecord): boolean {
  return agrees(own.otherParty, wholesale.otherParty) && agrees(own.direction, wholesale.direction)
    && agrees(sessionOf(own), sessionOf(wholesale)) && (own.chargingId === undefined || agrees(own.gateway, wholesale.gateway));
}

/** Candidates of each own record; both lists sorted by start. */
function candidates(own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[], tolerance: ServiceTolerance): number[][] {
  let first = 0;
  return own.map((record) => {
    const found: number[] = [];
    while (first < wholesale.length && wholesale[first]!.start < record.start - tolerance.startMs) first += 1;
    for (let j = first; j < wholesale.length && wholesale[j]!.start <= record.start + tolerance.startMs; j += 1) {
      if (mayPair(record, wholesale[j]!)) found.push(j);
    }
    return found;
  });
}

/** Own and wholesale records that compete for one another, in separate groups: nothing in one group can pair with another's. */
function components(edges: readonly number[][], width: number): { rows: number[]; columns: number[] }[] {
  const owners: number[][] = Array.from({ length: width }, () => []);
  edges.forEach((columns, row) => columns.forEach((column) => owners[column]!.push(row)));
  const seen = new Uint8Array(edges.length);
  const groups: { rows: number[]; columns: number[] }[] = [];
  for (let start = 0; start < edges.length; start += 1) {
    if (seen[start] || edges[start]!.length === 0) continue;
    const rows = [start];
    const columns = new Set<number>();
    seen[start] = 1;
    for (let next = 0; next < rows.length; next += 1) {
      for (const column of edges[rows[next]!]!) {
        if (columns.has(column)) continue;
        columns.add(column);
        for (const row of owners[column]!) if (!seen[row]) { seen[row] = 1; rows.push(row); }
      }
    }
    groups.push({ rows, columns: [...columns] });
  }
  return groups;
}

// Above this size the tie-break keeps only its first rule: its sums would leave the exact range of a number.
const EXACT_TIES = 200;

function solve(group: { rows: number[]; columns: number[] }, edges: readonly number[][], own: readonly OwnRecord[],
  wholesale: readonly WholesaleRecord[], tolerance: ServiceTolerance): [number, number][] {
  const byId = (records: readonly UsageRecord[]) => (a: number, b: number) => compareText(records[a]!.id, records[b]!.id) || a - b;
  const rows = group.rows.sort(byId(own));
  const columns = group.columns.sort(byId(wholesale));
  const rank = new Map(columns.map((column, index) => [column, index]));
  const size = rows.length + columns.length;
  const weight = size <= EXACT_TIES ? size * size : 0;
  const graph = rows.map((row, i) => edges[row]!.map((column): Edge => {
    const j = rank.get(column)!;
    return { column: j, cost: distance(own[row]!, wholesale[column]!, tolerance), tie: weight ? weight * (i + j) - i * j : i + j };
  }));
  return assign(graph, columns.length).flatMap((j, i): [number, number][] => (j < 0 ? [] : [[rows[i]!, columns[j]!]]));
}

/**
 * Pairs the records of one subscriber and service: as many pairs as possible, among those the least sum of distances, then the
 * smaller record ids. Sorts both lists in place.
 */
export function pairByTime(own: OwnRecord[], wholesale: WholesaleRecord[], tolerance: ServiceTolerance): [number, number][] {
  own.sort(byContent);
  wholesale.sort(byContent);
  if (own.length === 1 && wholesale.length === 1) {
    const near = Math.abs(own[0]!.start - wholesale[0]!.start) <= tolerance.startMs;
    return near && mayPair(own[0]!, wholesale[0]!) ? [[0, 0]] : [];
  }
  const edges = candidates(own, wholesale, tolerance);
  const demand = new Uint32Array(wholesale.length);
  edges.forEach((columns) => columns.forEach((column) => { demand[column]! += 1; }));
  const pairs: [number, number][] = [];
  // Most records have one candidate that has no other: nothing to weigh.
  const contested = edges.map((columns, row) => {
    if (columns.length !== 1 || demand[columns[0]!] !== 1) return columns;
    pairs.push([row, columns[0]!]);
    return [];
  });
  if (contested.some((columns) => columns.length > 0)) {
    for (const group of components(contested, wholesale.length)) pairs.push(...solve(group, contested, own, wholesale, tolerance));
  }
  return pairs;
}
