import { decode, type Doc } from '../../store/codec';
import type { Store } from '../../store/store';
import { KINDS, type Selection } from './kinds';

export type Progress = (done: number) => Promise<void>;

/** How many resources an export would have. */
export async function countEntries(store: Store, { types }: Selection): Promise<number> {
  const counts = await Promise.all(KINDS.filter(({ type }) => !types || types.has(type)).map(({ collection }) => store.total(collection)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The catalogue as text, resource by resource: NDJSON, or one JSON array. What is referred to comes before what refers to it. */
export async function* exportText(store: Store, form: 'json' | 'ndjson', selection: Selection, progress: Progress): AsyncGenerator<string> {
  let done = 0;
  if (form === 'json') yield '[';
  for (const { type, collection, path } of KINDS) {
    if (selection.types && !selection.types.has(type)) continue;
    const cursor = store.database.collection(collection).find({}, { sort: { _id: 1 } });
    for await (const stored of cursor) {
      const { doc } = decode<Doc & { readonly lifecycleStatus?: string; readonly '@type'?: string }>(stored);
      if (selection.states && doc.lifecycleStatus !== undefined && !selection.states.has(doc.lifecycleStatus)) continue;
      const text = JSON.stringify({ ...doc, '@type': doc['@type'] ?? type, href: `${path}/${encodeURIComponent(doc.id)}` });
      yield form === 'json' ? `${done > 0 ? ',' : ''}\n${text}` : `${text}\n`;
      done += 1;
      if (done % 500 === 0) await progress(done);
    }
  }
  if (form === 'json') yield '\n]\n';
  await progress(done);
}
