import { fault } from '../domain/fault';
import { fileOf, notFound } from '../rest/handlers';
import type { Behaviour } from '../rest/types';
import { dropBytes, readFile, writeFile, type KeptFile } from '../store/file';

/** Most that is handed out in one answer. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Files in our own storage: what import jobs read and export jobs write. */
export const file: Behaviour = {
  async createFile(request, { store }) {
    const { mediaType, query } = request;
    const parameters = new URLSearchParams(query);
    const id = parameters.get('id');
    if (id !== null && !/^[\w.-]{1,100}$/.test(id)) throw fault('REQ-06', `id '${id.slice(0, 40)}' is not right. Use letters, digits, dots and hyphens.`);
    const name = parameters.get('name') ?? id ?? 'unnamed';
    return { status: 201, body: await writeFile(store, { name, contentType: mediaType, ...(id !== null && { id }) }, fileOf(request)) };
  },
  async readFileContent({ params, operation }, { store }) {
    const held = (await store.read<KeptFile>('file', params['id'] ?? ''))?.doc;
    if (!held) throw notFound(operation.resource!, params['id']);
    if (held.size > MOST_BYTES) throw fault('REQ-12', `The file has ${held.size} bytes; at most ${MOST_BYTES} are handed out at once.`);
    const pieces: Buffer[] = [];
    for await (const piece of readFile(store, held)) pieces.push(piece);
    return { status: 200, raw: Buffer.concat(pieces), contentType: held.contentType };
  },
  async deleteFile(request, unit, generic) {
    const held = await unit.get<KeptFile>('file', request.params['id'] ?? '');
    const answer = await generic(request, unit);
    if (held) await dropBytes(unit.store, held.contentId);
    return answer;
  },
};
