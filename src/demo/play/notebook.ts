import { appendFileSync, existsSync, readFileSync } from 'node:fs';

interface Entry {
  readonly id: string;
  readonly type: string;
}

/** Events that somebody heard of, each once, in a file: so that it knows them after a kill too. */
export interface Notebook {
  /** Writes an event down, then says so; what came together is written together. */
  note(entry: Entry, written: () => void): void;
  /** Events by type, repeats not counted. */
  types(): ReadonlyMap<string, number>;
  /** At least once is promised, not exactly once. */
  repeats(): number;
}

export function notebook(file: string): Notebook {
  const known = new Set<string>();
  const types = new Map<string, number>();
  let repeats = 0;
  let waiting: { readonly text: string; readonly written: () => void }[] = [];

  const count = ({ id, type }: Entry): boolean => {
    if (known.has(id)) {
      repeats += 1;
      return false;
    }
    known.add(id);
    types.set(type, (types.get(type) ?? 0) + 1);
    return true;
  };
  const write = (): void => {
    const batch = waiting;
    waiting = [];
    appendFileSync(file, batch.map(({ text }) => text).join(''));
    for (const { written } of batch) written();
  };
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  // A kill may have cut off the last line; its event comes again.
  for (const line of text.split('\n')) if (line.endsWith('}')) count(JSON.parse(line) as Entry);
  if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
  return {
    note(entry, written) {
      const text = count(entry) ? `${JSON.stringify(entry)}\n` : '';
      if (waiting.push({ text, written }) === 1) setImmediate(write);
    },
    types: () => types,
    repeats: () => repeats,
  };
}
