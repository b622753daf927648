import { createHash, randomUUID, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Fault, fault } from '../domain/fault';
import { usageIdentity } from '../domain/usage';
import { fileOf } from '../rest/handlers';
import { normaliseDates } from '../rest/representation';
import type { Behaviour } from '../rest/types';
import { resourceCheck } from '../rest/validation';
import type { Api, Resource } from '../spec/operation';
import type { Store } from '../store/store';
import { partitionKeys } from '../workers/partition';
import { profileCalled } from './reconciliation/profiles';
import { usageLines, usageRecords, type Line, type ReturnedLine, type UsageLine } from './usage/fileRecords';
import { takeUsage, usageId } from './usage';

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
      const name = parameters.get('name') ?? 'unnamed';
      let brokenOff = false;
      const bytes = hashed(file, hash, () => { brokenOff = true; });
      const { lines, doubts } = profile === undefined ? usageLines(bytes) : usageRecords(bytes, profile, name);
      const tally: Tally = { lines: 0, accepted: 0, repeated: 0, refused: 0, returned: [] };
      const outcome = (status: string, reason?: string) => ({
        id: randomUUID(), name, ...(mapping === undefined ? {} : { mapping }), hash: hash.digest('hex'), status, ...(reason === undefined ? {} : { reason }),
        ...tally, creationDate: unit.now.toISOString(), '@type': 'UsageImport',
      });
      try {
        await takeAll(lines, tally, (usages) => takeBatch({ store: unit.store, resource, check, correlationId, place: [name, mapping ?? ''] }, usages, tally));
      } catch (error) {
        if (!brokenOff) throw error;
        const decided = tally.accepted + tally.repeated + tally.refused;
        await unit.store.run(async (own) => own.save('usageImport', { ...outcome('brokenOff', 'The file ended early.'), lines: decided }), { correlationId });
        throw fault('REQ-01', `The file ended early, after ${decided} lines. Send it again from its beginning: no line is taken twice.`);
      }
      const reason = doubts();
      return { status: 201, body: unit.save('usageImport', outcome(reason === undefined ? 'completed' : 'questionable', reason)) };
    },
  };
}

/** The bytes as they come, hashed on the way. */
async function* hashed(file: Readable, hash: Hash, broke: () => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of file) {
      hash.update(chunk as Uint8Array);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    broke();
    throw error;
  }
}

async function takeAll(lines: AsyncIterable<Line>, tally: Tally, take: (usages: UsageLine[]) => Promise<void>): Promise<void> {
  let batch: UsageLine[] = [];
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

interface Taking {
  readonly store: Store;
  readonly resource: Resource;
  readonly check: (resource: Resource, value: unknown) => void;
  readonly correlationId: string;
  /** What the file is called and how it is read. */
  readonly place: readonly [string, string];
}

/**
 * One commit for the batch; lines that are refused leave no trace in it. Repeats within the batch meet the first. A usage without an
 * identity of its own is known by its place: the file's name and all that the file said up to its line. So a file that was cut off and
 * comes again goes on behind the last line that was committed, wherever that was.
 */
async function takeBatch({ store, resource, check, correlationId, place }: Taking, usages: readonly UsageLine[], tally: Tally): Promise<void> {
  const bad: ReturnedLine[] = [];
  const good = usages.flatMap(({ line, usage, mark }) => {
    try {
      const body = normaliseDates(resource.shape, usage);
      check(resource, body);
      return [{ line, body, identity: usageIdentity(body) ?? JSON.stringify(['file', ...place, mark]) }];
    } catch (error) {
      bad.push(returnedLine(line, error));
      return [];
    }
  });
  const keys = await partitionKeys(store, good.map(({ body }) => body));
  const outcome = await store.run(async (unit) => {
    // All that are there already are known by one read; the others are new, unless somebody else brings them meanwhile.
    const before = new Set((await unit.getMany('usage', good.map(({ identity }) => usageId(identity)))).map(({ id }) => id));
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
