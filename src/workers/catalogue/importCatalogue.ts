import { Fault, fault } from '../../domain/fault';
import { definingChange, launchProblems, SOLD } from '../../domain/launch';
import type { OfferedPrice, ProductOffering } from '../../domain/ordering/documents';
import type { Doc } from '../../store/codec';
import { same } from '../../store/event';
import { REFERENCE_COLLECTIONS, readReference, touchReference } from '../../store/reference';
import type { Store } from '../../store/store';
import type { UnitOfWork } from '../../store/unitOfWork';
import type { Progress } from './exportCatalogue';
import { KINDS, kindOf, type Entry } from './kinds';

type Kept = Doc & Entry;

/** A line (or an element of the array, counted from 1) that could not be taken. */
export interface BadLine {
  readonly line: number;
  readonly message: string;
}

interface Line {
  readonly line: number;
  readonly collection: string;
  readonly doc: Kept;
}

export interface ImportResult {
  readonly taken: number;
  readonly bad: readonly BadLine[];
}

const MOST_BYTES = 256 * 1024 * 1024;
const BATCH = 100;

/** The text of a file. @throws Fault CAT-04 when it is too long */
export async function textOf(source: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > MOST_BYTES) throw fault('CAT-04', `The file has more than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8').replace(/^\uFEFF/, '');
}

/** The resources in a text: one JSON array, or one resource a line. */
export function entriesIn(text: string): (BadLine | { readonly line: number; readonly entry: Entry })[] {
  if (text.trimStart().startsWith('[')) {
    const all = JSON.parse(text) as unknown[];
    return all.map((entry, index) => asEntry(entry, index + 1));
  }
  return text.split('\n').flatMap((row, index) => {
    if (row.trim() === '') return [];
    try {
      return [asEntry(JSON.parse(row), index + 1)];
    } catch {
      return [{ line: index + 1, message: 'is not JSON' }];
    }
  });
}

const asEntry = (entry: unknown, line: number): BadLine | { readonly line: number; readonly entry: Entry } =>
  (typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? { line, entry: entry as Entry } : { line, message: 'is not a resource' });

/**
 * Takes a catalogue in: what is not there is created under its id, what differs is changed, what is equal is left alone. Lines stand
 * for themselves; a bad one is returned. Doing it again, as after a crash, changes nothing more.
 */
export async function importCatalogue(store: Store, text: string, check: (collection: string, doc: unknown) => void, progress: Progress): Promise<ImportResult> {
  const bad: BadLine[] = [];
  const lines: Line[] = [];
  for (const one of entriesIn(text)) {
    if ('message' in one) bad.push(one);
    else attempt(one.line, bad, () => lines.push(lineOf(one.line, one.entry, check)));
  }
  const order = new Map(KINDS.map(({ collection }, index) => [collection, index]));
  lines.sort((a, b) => order.get(a.collection)! - order.get(b.collection)! || a.line - b.line);
  const inFile = new Map(lines.map(({ collection, doc }) => [`${collection}/${doc.id}`, doc]));
  let taken = 0;
  for (let from = 0; from < lines.length;) {
    // One kind at a time: reference tables are in force before the prices that name them are judged.
    const { collection } = lines[from]!;
    const batch = lines.slice(from, from + BATCH).filter((line) => line.collection === collection);
    from += batch.length;
    const refused = await store.run((unit) => takeBatch(unit, collection, batch, inFile));
    bad.push(...refused);
    taken += batch.length - refused.length;
    await progress(taken);
  }
  return { taken, bad: bad.sort((a, b) => a.line - b.line) };
}

function attempt(line: number, bad: BadLine[], work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    bad.push({ line, message: error.message });
  }
}

function lineOf(line: number, entry: Entry, check: (collection: string, doc: unknown) => void): Line {
  const kind = kindOf(entry);
  if (!kind) throw fault('CAT-04', `@type '${String(entry['@type']).slice(0, 60)}' is no part of a catalogue. It takes ${KINDS.map(({ type }) => type).join(', ')}.`);
  const { href: _href, ...doc } = entry;
  if (typeof doc['id'] !== 'string' || doc['id'] === '') throw fault('CAT-04', `A ${kind.type} without id cannot be imported.`);
  check(kind.collection, doc);
  return { line, collection: kind.collection, doc: doc as Kept };
}

async function takeBatch(unit: UnitOfWork, collection: string, batch: readonly Line[], inFile: ReadonlyMap<string, Kept>): Promise<BadLine[]> {
  const bad: BadLine[] = [];
  let changed = false;
  for (const { line, doc } of batch) {
    const before = await unit.get<Kept>(collection, doc.id);
    if (before && same(before, doc)) continue;
    const problem = await refusal(unit, collection, before, doc, inFile);
    if (problem !== undefined) {
      bad.push({ line, message: `${collection} ${doc.id}: ${problem}` });
      continue;
    }
    unit.save(collection, doc);
    if (collection === 'catalog') unit.announce('catalog', doc.id, 'CatalogBatchEvent');
    changed = true;
  }
  if (changed && REFERENCE_COLLECTIONS.includes(collection)) await touchReference(unit);
  return bad;
}

/** A launched price stays what it was, and what is launched can be rated: an import is no way round. */
async function refusal(unit: UnitOfWork, collection: string, before: Kept | undefined, doc: Kept, inFile: ReadonlyMap<string, Kept>): Promise<string | undefined> {
  const touched = collection === 'productOfferingPrice' && before && SOLD.has(String(before['lifecycleStatus'])) ? definingChange(before, doc, same) : [];
  if (touched.length > 0) return `it is ${String(before?.['lifecycleStatus'])}; ${touched.join(', ')} cannot change any more`;
  if (doc['lifecycleStatus'] !== 'Launched' || (collection !== 'productOfferingPrice' && collection !== 'productOffering')) return undefined;
  const offering = collection === 'productOffering' ? doc as unknown as ProductOffering : undefined;
  const first = offering ? (offering.productOfferingPrice ?? []).flatMap(({ id }) => id ?? []) : [doc.id];
  const [problem] = launchProblems(offering, await pricesOf(unit, first, inFile), await readReference(unit.store));
  return problem && `${problem.price ? `price '${problem.price.name ?? problem.price.id}': ` : ''}${problem.message}`;
}

/** The prices and what they refer to, from the file where it has them. */
async function pricesOf(unit: UnitOfWork, ids: readonly string[], inFile: ReadonlyMap<string, Kept>): Promise<OfferedPrice[]> {
  const found = new Map<string, OfferedPrice>();
  let wanted = [...ids];
  while (wanted.length > 0) {
    const docs = await Promise.all(wanted.map(async (id) => (inFile.get(`productOfferingPrice/${id}`) ?? await unit.get<Kept>('productOfferingPrice', id)) as OfferedPrice | undefined));
    for (const doc of docs) if (doc) found.set(doc.id, doc);
    wanted = docs.flatMap((doc) => [...doc?.bundledPopRelationship ?? [], ...doc?.popRelationship ?? []]).flatMap(({ id }) => (id !== undefined && !found.has(id) ? [id] : []));
  }
  return [...found.values()];
}
