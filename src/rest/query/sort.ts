import { fault, Fault } from '../../domain/fault';
import { findAttribute, shorten, type Scope } from '../../store/filter/attribute';
import type { SortKey } from '../../store/filter/cursor';

const MOST_KEYS = 3;

/**
 * Reads `sort=-name,+validFor.startDateTime`; ascending unless a minus stands before the name. `[*]` through lists may be written.
 * @throws Fault QRY-04 that names the key
 */
export function readSort(values: readonly string[], scope: Scope): SortKey[] {
  const texts = values.flatMap((value) => value.split(',')).map((text) => text.trim().replace(/^"(.*)"$/, '$1')).filter((text) => text !== '');
  if (texts.length > MOST_KEYS) throw fault('QRY-04', `sort has ${texts.length} keys; at most ${MOST_KEYS} are taken.`);
  const keys = texts.map((text) => sortKey(text, scope));
  const twice = keys.find((key, at) => keys.findIndex(({ path }) => path === key.path) < at);
  if (twice) throw fault('QRY-04', `sort names ${twice.path} twice. Name it once.`);
  const lists = new Set(keys.flatMap(({ list }) => (list === undefined ? [] : [list])));
  if (lists.size > 1) throw fault('QRY-04', `sort goes through two lists, ${[...lists].join(' and ')}, whose elements have no common order. Name attributes of one list only.`);
  return keys;
}

function sortKey(text: string, scope: Scope): SortKey {
  const direction = text.startsWith('-') ? -1 : 1;
  const name = text.replace(/^[+-]?\s*/, '').replace(/^\$\./, '').replaceAll('[*]', '');
  try {
    const { path, kind, shape, lists } = findAttribute(scope, name.split('.'));
    if (kind === 'object') throw fault('QRY-04', `${name} is an object and has no order. Name one of its attributes, such as ${name}.${[...shape.attributes().keys()][0] ?? 'id'}.`);
    return { path, direction, kind, list: lists[0] };
  } catch (error) {
    if (error instanceof Fault && error.code === 'QRY-01') throw fault('QRY-04', `sort by '${shorten(name)}': ${error.message}`);
    throw error;
  }
}
