/** One possible pairing of a row: with which column, at what cost; `tie` decides between equal costs. Whole numbers, exact. */
export interface Edge {
  readonly column: number;
  readonly cost: number;
  readonly tie: number;
}

// Leaving a row out costs more than any detour, so the most pairs come first; sums stay below 2^53.
const LEFT_OUT = 1e15;

interface Reached {
  readonly cost: number;
  readonly tie: number;
  /** Column, or -1 - row for "this row stays out". */
  readonly target: number;
  readonly row: number;
}

const before = (a: Reached, b: Reached): boolean => a.cost < b.cost || (a.cost === b.cost && (a.tie < b.tie || (a.tie === b.tie && a.target < b.target)));

function push(heap: Reached[], entry: Reached): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Reached[]): Reached {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}

interface Board {
  readonly rows: readonly (readonly Edge[])[];
  /** Column of each row, -1 for none; row of each column, -1 for none. */
  readonly columnOf: number[];
  readonly rowOf: number[];
  /** What each column is worth, in cost and tie: kept so that no row would rather have another column. */
  readonly worth: number[];
  readonly worthTie: number[];
}

/** Finds the cheapest way to bring one more row in, moving earlier rows along it. */
function bringIn(board: Board, newRow: number): void {
  const { rows, columnOf, rowOf, worth, worthTie } = board;
  const heap: Reached[] = [];
  const settled = new Map<number, Reached>();
  const reach = (row: number, cost: number, tie: number) => {
    for (const edge of rows[row]!) {
      if (settled.has(edge.column)) continue;
      push(heap, { cost: cost + edge.cost - worth[edge.column]!, tie: tie + edge.tie - worthTie[edge.column]!, target: edge.column, row });
    }
    push(heap, { cost: cost + LEFT_OUT, tie, target: -1 - row, row });
  };
  reach(newRow, 0, 0);
  let end = pop(heap);
  while (end.target >= 0 && rowOf[end.target]! >= 0) {
    if (!settled.has(end.target)) {
      settled.set(end.target, end);
      const holder = rowOf[end.target]!;
      const held = rows[holder]!.find(({ column }) => column === end.target)!;
      reach(holder, end.cost - held.cost + worth[end.target]!, end.tie - held.tie + worthTie[end.target]!);
    }
    end = pop(heap);
  }
  for (const [column, { cost, tie }] of settled) {
    worth[column]! += cost - end.cost;
    worthTie[column]! += tie - end.tie;
  }
  // Walk back: each row on the way gives up its column to the one before it.
  let column = end.target;
  let row = end.row;
  while (row !== newRow) {
    const given = columnOf[row]!;
    columnOf[row] = column < 0 ? -1 : column;
    if (column >= 0) rowOf[column] = row;
    column = given;
    row = settled.get(given)!.row;
  }
  columnOf[newRow] = column < 0 ? -1 : column;
  if (column >= 0) rowOf[column] = newRow;
}

/**
 * The column of each row (-1: none): the most pairs, then the least cost, then the least tie. Exact; successive cheapest paths
 * that stop at the first free column, so that a long chain of near records stays cheap.
 */
export function assign(rows: readonly (readonly Edge[])[], columns: number): number[] {
  const board: Board = {
    rows,
    columnOf: rows.map(() => -1),
    rowOf: Array<number>(columns).fill(-1),
    worth: Array<number>(columns).fill(0),
    worthTie: Array<number>(columns).fill(0),
  };
  for (let row = 0; row < rows.length; row += 1) bringIn(board, row);
  return board.columnOf;
}
