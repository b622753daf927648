import { createHash, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Transform, type Readable } from 'node:stream';
import { Fault } from '../domain/fault';
import { usageIdentity } from '../domain/usage';
import { parseJson } from '../rest/body';
import { fileOf } from '../rest/handlers';
import { normaliseDates } from '../rest/representation';
import type { Behaviour } from '../rest/types';
import { resourceCheck } from '../rest/validation';
import type { Api, Resource } from '../spec/operation';
import type { Store } from '../store/store';
import { partitionKeys } from '../workers/partition';
import { profileCalled } from './reconciliation/profiles';
import { usageRecords } from './usage/fileRecords';
import { takeUsage, usageId } from './usage';

export interface ReturnedLine {
  readonly line: number;
  readonly field?: string;
  readonly code: string;
  readonly message: string;
}

/** A line of a file: a usage to take, or why it cannot be read. */
export type Line = { readonly line: number; readonly usage: Record<string, unknown> } | ReturnedLine;

const BATCH = 500;
const MOST_RETURNED = 1000;

interface Tally {
  lines: number;
  accepted: number;
  repeated: number;
  refused: number;
  readonly returned: ReturnedLine[];
}

/** Usage in bulk: a file streamed in, taken in batches of one commit each. Memory stays flat however long the file is. */
export function usageImport(apis: readonly Api[]): Behaviour {
  const usageApi = apis.find(({ document }) => document.api === 'tmf635');
  const resource = usageApi?.resources.find(({ path }) => path === 'usage');
  if (!usageApi || !resource) return {};
  const check = resourceCheck(usageApi);

  return {
    async createUsageImport(request, unit) {
      const { mediaType, query, correlationId } = request;
      const file = fileOf(request);
      const parameters = new URLSearchParams(query);
      const mapping = mediaType === 'text/csv' ? parameters.get('mapping') ?? 'trunkline-usage' : undefined;
      const profile = mapping === undefined ? undefined : await profileCalled(unit.store, mapping);
      const hash = createHash('sha256');
      const counted = file.pipe(new Transform({ transform(chunk: Buffer, _encoding, done) { hash.update(chunk); done(null, chunk); } }));
      const name = parameters.get('name') ?? 'unnamed';
      const { lines, doubts } = profile === undefined ? { lines: ndjson(counted), doubts: () => undefined } : usageRecords(counted, profile, name);
      const tally: Tally = { lines: 0, accepted: 0, repeated: 0, refused: 0, returned: [] };
      await takeAll(lines, tally, (usages) => takeBatch(unit.store, resource, check, usages, tally, correlationId));
      const reason = doubts();
      const kept = {
        id: randomUUID(), name, ...(mapping === undefined ? {} : { mapping }),
        hash: hash.digest('hex'), status: reason === undefined ? 'completed' : 'questionable', ...(reason === undefined ? {} : { reason }),
        ...tally, returned: tally.returned.slice(0, MOST_RETURNED), creationDate: unit.now.toISOString(), '@type': 'UsageImport',
      };
      return { status: 201, body: unit.save('usageImport', kept) };
    },
  };
}

async function takeAll(lines: AsyncIterable<Line>, tally: Tally, take: (usages: { line: number; usage: Record<string, unknown> }[]) => Promise<void>): Promise<void> {
  let batch: { line: number; usage: Record<string, unknown> }[] = [];
  for await (const one of lines) {
    tally.lines += 1;
    if ('usage' in one) batch.push(one);
    else refuse(tally, one);
    if (batch.length < BATCH) continue;
    await take(batch);
    batch = [];
  }
  if (batch.length > 0) await take(batch);
}

function refuse(tally: Tally, line: ReturnedLine): void {
  tally.refused += 1;
  if (tally.returned.length < MOST_RETURNED) tally.returned.push(line);
}

/** One commit for the batch; lines that are refused leave no trace in it. Repeats within the batch meet the first. */
async function takeBatch(
  store: Store, resource: Resource, check: (resource: Resource, value: unknown) => void,
  usages: readonly { readonly line: number; readonly usage: Record<string, unknown> }[], tally: Tally, correlationId: string,
): Promise<void> {
  const bad: ReturnedLine[] = [];
  const good = usages.flatMap(({ line, usage }) => {
    try {
      const body = normaliseDates(resource.shape, usage);
      check(resource, body);
      return [{ line, body, identity: usageIdentity(body) }];
    } catch (error) {
      bad.push(returnedLine(line, error));
      return [];
    }
  });
  const keys = await partitionKeys(store, good.map(({ body }) => body));
  const outcome = await store.run(async (unit) => {
    // All that are there already are known by one read; the others are new, unless somebody else brings them meanwhile.
    const before = new Set((await unit.getMany('usage', good.flatMap(({ identity }) => (identity === undefined ? [] : [usageId(identity)])))).map(({ id }) => id));
    let accepted = 0;
    const refused: ReturnedLine[] = [];
    for (const [at, { line, body, identity }] of good.entries()) {
      try {
        const kept = await takeUsage(resource, body, unit, { identity, partitionKey: keys[at]! });
        if (!before.has(kept.id)) accepted += 1;
        before.add(kept.id);
      } catch (error) {
        refused.push(returnedLine(line, error));
      }
    }
    return { accepted, refused };
  }, { correlationId });
  tally.accepted += outcome.accepted;
  tally.repeated += good.length - outcome.accepted - outcome.refused.length;
  for (const line of [...bad, ...outcome.refused].sort((a, b) => a.line - b.line)) refuse(tally, line);
}

function returnedLine(line: number, error: unknown): ReturnedLine {
  if (!(error instanceof Fault) || error.status >= 500) throw error;
  return { line, code: error.code, message: error.message };
}

/** One JSON object a line; empty lines are passed over. */
async function* ndjson(stream: Readable): AsyncIterable<Line> {
  let line = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() === '') continue;
    yield readLine(text, line);
  }
}

function readLine(text: string, line: number): Line {
  try {
    const usage = parseJson(text);
    if (typeof usage === 'object' && usage !== null && !Array.isArray(usage)) return { line, usage: usage as Record<string, unknown> };
    return { line, code: 'REQ-02', message: 'The line is not a JSON object.' };
  } catch (error) {
    if (error instanceof Fault) return { line, code: error.code, message: error.message };
    throw error;
  }
}
