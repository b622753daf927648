import type { Doc, Held } from './codec';
import type { EventRecord } from './event';

/** What this process has committed a moment ago, so that its own workers need not read it back. */
export interface Lately {
  /** The events of an outbox entry, once. */
  takeEvents(entry: string): readonly EventRecord[] | undefined;
  /** A document as this process committed it last. Another process may have changed it since: good for what is checked by revision when it is written. */
  doc<T extends Doc>(collection: string, id: string): Held<T> | undefined;
}

export interface KeepLately extends Lately {
  keepEvents(entry: string, events: readonly EventRecord[]): void;
  dropEvents(entry: string): void;
  keepDoc(collection: string, id: string, held: Held<Doc> | undefined): void;
}

const MOST_EVENTS = 20_000;
const MOST_DOCS = 8000;
/** Documents that are worked on in masses right after they were made. */
const COLLECTIONS = new Set(['usage']);

/** Bounded: the oldest go first, and whoever misses them reads the database. Events are kept while somebody in this process takes them. */
export function createLately(hasTaker: () => boolean): KeepLately {
  const events = new Map<string, readonly EventRecord[]>();
  const docs = new Map<string, Held<Doc>>();
  let held = 0;
  const take = (entry: string): readonly EventRecord[] | undefined => {
    const found = events.get(entry);
    if (events.delete(entry)) held -= found!.length;
    return found;
  };
  return {
    takeEvents: take,
    doc: <T extends Doc>(collection: string, id: string) => docs.get(`${collection}/${id}`) as Held<T> | undefined,
    keepEvents(entry, list) {
      if (!hasTaker()) return;
      events.set(entry, list);
      held += list.length;
      for (const oldest of events.keys()) {
        if (held <= MOST_EVENTS) break;
        take(oldest);
      }
    },
    dropEvents: (entry) => { take(entry); },
    keepDoc(collection, id, one) {
      if (!COLLECTIONS.has(collection)) return;
      const key = `${collection}/${id}`;
      docs.delete(key);
      if (!one) return;
      docs.set(key, one);
      if (docs.size > MOST_DOCS) docs.delete(docs.keys().next().value!);
    },
  };
}
