import { decimal, jsonNumber } from '../../domain/amount';
import { fault } from '../../domain/fault';
import { hashId } from '../../domain/hashId';
import { controlFile, type FileFacts, type KnownFile } from '../../domain/reconciliation/fileControl';
import { csvLine } from '../../domain/reconciliation/report';
import type { MappingProfile } from '../../mapping/profile';
import { wholesaleBatches } from '../../mapping/readRecords';
import { fileOf } from '../../rest/handlers';
import type { Answer, Behaviour } from '../../rest/types';
import type { Store } from '../../store/store';
import type { UnitOfWork } from '../../store/unitOfWork';
import { dropWholesaleRecords, keepWholesaleRecords } from '../../store/wholesaleRecord';
import { type HostContract, isSystematic, type WholesaleFile } from '../../workers/reconciliation/documents';
import { alone, spooled, type Spooled } from './load';
import { profileCalled } from './profiles';

const FILES = 'wholesaleFile';
const MOST_RETURNED = 1000;
const BATCH = 1000;

/** What the sender says of the file beside its content. */
interface Letter {
  readonly host: string;
  readonly name: string;
  readonly profile: MappingProfile;
  readonly sequence: number | undefined;
  readonly feed: 'charging' | 'nearRealTime' | undefined;
  readonly exchangeRate: number | undefined;
}

async function letterOf(store: Store, query: string): Promise<Letter> {
  const parameters = new URLSearchParams(query);
  const given = parameters.get('host') ?? undefined;
  const contract = given === undefined ? undefined : (await store.read<HostContract>('hostContract', given))?.doc;
  const mapping = parameters.get('mapping') ?? contract?.mapping;
  if (mapping === undefined) throw fault('REQ-06', 'mapping is missing. Name the mapping profile that says how the file is read, such as mapping=northcell.');
  const profile = await profileCalled(store, mapping);
  const host = given ?? profile.host;
  if (host === undefined) throw fault('REQ-06', 'host is missing. Name the host operator that wrote the file, such as host=northcell.');
  const [sequence, rate, feed] = [parameters.get('sequence'), parameters.get('exchangeRate'), parameters.get('feed')];
  if (sequence !== null && !/^\d{1,5}$/.test(sequence)) throw fault('REQ-06', `sequence='${sequence.slice(0, 20)}' is not right: write a whole number up to 99999.`);
  if (rate !== null && !/^\d+(\.\d+)?$/.test(rate)) throw fault('REQ-06', `exchangeRate='${rate.slice(0, 20)}' is not right: write a decimal number such as 0.92.`);
  if (feed !== null && feed !== 'charging' && feed !== 'nearRealTime') throw fault('REQ-06', `feed='${feed.slice(0, 20)}' is not right: write charging or nearRealTime.`);
  return {
    host, name: parameters.get('name') ?? 'unnamed', profile, sequence: sequence === null ? undefined : Number(sequence), feed: feed ?? undefined,
    exchangeRate: rate === null ? undefined : jsonNumber(decimal(rate)),
  };
}

/** The same content and sequence of one host is the same file, in every process and for good. */
const fileId = ({ host, sequence }: Letter, sha256: string): string => `wf-${hashId(host, sha256, sequence)}`;

interface Loaded {
  readonly facts: FileFacts;
  readonly accepted: number;
  readonly returned: WholesaleFile['returnedLine'];
}

/** Keeps the records of the file; those that an earlier, broken load left are taken away first. */
async function keepRecords(store: Store, id: string, { path }: Spooled, { host, profile }: Letter): Promise<Loaded> {
  await dropWholesaleRecords(store, id);
  const returned: WholesaleFile['returnedLine'][number][] = [];
  let accepted = 0;
  const reader = wholesaleBatches(path, profile, { file: id, raw: true });
  try {
    for (;;) {
      const step = await reader.next();
      if (step.done) return { facts: step.value, accepted, returned };
      const { records, returned: bad } = step.value;
      for (let from = 0; from < records.length; from += BATCH) await keepWholesaleRecords(store, host, id, records.slice(from, from + BATCH));
      accepted += records.length;
      for (const { line, field, code, message, raw } of bad) if (returned.length < MOST_RETURNED) returned.push({ line, field, code, message, raw: raw.slice(0, 2000) });
    }
  } catch (error) {
    await dropWholesaleRecords(store, id);
    throw error;
  }
}

const knownFile = ({ sha256, sequence, status }: WholesaleFile): KnownFile => ({ sha256, sequence, status });

/** A sequence runs to 99999, three years of a file a quarter of an hour: so many are looked at. */
const MOST_FILES = 20_000;

const factsOf = (facts: FileFacts, { sequence, feed }: Letter): FileFacts => ({ ...facts, ...(facts.sequence === undefined && sequence !== undefined && { sequence }), ...(feed && { feed }) });

/**
 * Judges the file and, since it may be the one that was missing, those that are held for a gap; all in one commit. Two files of a host
 * at the same time are judged one after the other.
 */
async function judged(store: Store, id: string, letter: Letter, spool: Spooled, loaded: Loaded): Promise<WholesaleFile> {
  return store.run(async (unit) => {
    const files = await unit.list<WholesaleFile>(FILES, { host: letter.host }, { sort: [['creationDate', -1]], limit: MOST_FILES });
    const facts = factsOf(loaded.facts, letter);
    const { status, reasons, notes } = controlFile(facts, files.map(knownFile));
    if (status === 'repeated') return files.find((file) => file.sha256 === facts.sha256 && file.sequence === facts.sequence)!;
    const now = unit.now.toISOString();
    const currency = facts.currency ?? letter.profile.currency;
    const file: WholesaleFile = {
      id, host: letter.host, name: letter.name, mapping: letter.profile.name, sha256: spool.sha256,
      ...(facts.sequence !== undefined && { sequence: facts.sequence }), ...(letter.feed && { feed: letter.feed }),
      ...(facts.sender !== undefined && { sender: facts.sender }), ...(facts.recipient !== undefined && { recipient: facts.recipient }),
      status: status === 'held' ? 'held' : 'accepted', reason: reasons, remark: notes, lines: facts.lines, accepted: loaded.accepted, returned: facts.returned, returnedLine: loaded.returned,
      ...(facts.total !== undefined && currency !== undefined && { total: { unit: currency, value: facts.total } }),
      ...(letter.exchangeRate !== undefined && { exchangeRate: letter.exchangeRate }),
      ...(facts.earliest !== undefined && facts.latest !== undefined && { usagePeriod: { startDateTime: new Date(facts.earliest).toISOString(), endDateTime: new Date(facts.latest).toISOString() } }),
      creationDate: now, statusDate: now, '@type': 'WholesaleFile',
    } as WholesaleFile;
    unit.save(FILES, file, { raced: true });
    releaseGaps([...files, file], unit);
    await touchHost(letter.host, unit);
    return file;
  });
}

/** Files that were held for nothing but a gap in the sequence, which is closed now, are held no longer. */
function releaseGaps(files: readonly WholesaleFile[], unit: UnitOfWork): void {
  const sequences = new Set(files.map(({ sequence }) => sequence));
  for (const file of files) {
    const { status, reason, sequence } = file;
    if (status !== 'held' || sequence === undefined || reason.length === 0 || reason.some(({ code }) => code !== 'sequenceGap')) continue;
    if (sequences.has(sequence <= 1 ? 99_999 : sequence - 1)) unit.save(FILES, { ...file, status: 'accepted', statusDate: unit.now.toISOString() });
  }
}

/** One document of the host that each load changes: of two at the same time the second is decided again and sees the first. */
async function touchHost(host: string, unit: UnitOfWork): Promise<void> {
  const id = `wholesaleFiles:${host}`;
  const held = await unit.get<{ id: string; loaded: number }>('setting', id);
  unit.save('setting', { id, loaded: (held?.loaded ?? 0) + 1 }, { raced: true });
}

/** Accepting is an operator's word: not for feeds that never carry charges. */
function checkAccepting(file: WholesaleFile): void {
  if (file.feed === 'nearRealTime') throw fault('REC-02', 'A near-real-time feed warns of fraud and is never compared. Load the file of charges instead.');
}

export const wholesaleFiles: Behaviour = {
  async createWholesaleFile(request, { store }): Promise<Answer> {
    const letter = await letterOf(store, request.query);
    return spooled(fileOf(request), async (spool) => {
      const id = fileId(letter, spool.sha256);
      return alone(store, `load:${id}`, async () => {
        const held = await store.read<WholesaleFile>(FILES, id);
        if (held) return { status: 200, body: held.doc, rev: held.rev };
        const file = await judged(store, id, letter, spool, await keepRecords(store, id, spool, letter));
        if (file.id === id) return { status: 201, body: file };
        // The sequence was once read from the file and once stated beside it.
        await dropWholesaleRecords(store, id);
        return { status: 200, body: file };
      });
    });
  },

  async patchWholesaleFile(request, unit, generic): Promise<Answer> {
    const before = await unit.get<WholesaleFile>(FILES, request.params['id'] ?? '');
    const answer = await generic(request, unit);
    const after = answer.body as WholesaleFile;
    if (!before || before.status === after.status) return answer;
    if (after.status === 'accepted') checkAccepting(after);
    const reason = after.status === 'held' ? [...after.reason.filter((one) => isSystematic(one)), { code: 'manual' as const, message: after.note ?? 'Held by an operator.' }] : after.reason.filter(({ code }) => code !== 'manual');
    const body = unit.save<WholesaleFile>(FILES, { ...after, reason, statusDate: unit.now.toISOString() });
    return { ...answer, body };
  },

  async readReturnedLine({ params }, { store }): Promise<Answer> {
    const held = await store.read<WholesaleFile>(FILES, params['id'] ?? '');
    if (!held) throw fault('REQ-08', `There is no wholesaleFile '${(params['id'] ?? '').slice(0, 80)}'.`);
    const { name, returnedLine } = held.doc;
    const lines = returnedLine.map(({ line, field, code, message, raw }) => csvLine([name, line, field, code, message, raw]));
    return { status: 200, raw: [csvLine(['file', 'line', 'field', 'code', 'message', 'raw']), ...lines].join(''), contentType: 'text/csv;charset=utf-8' };
  },
};
