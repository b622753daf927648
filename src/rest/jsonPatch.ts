import { Fault, fault } from '../domain/fault';
import { same } from '../store/event';
import { checkNames } from './body';

type Json = Record<string, unknown>;
type Holder = Json | unknown[];

interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

const MOST_OPERATIONS = 100;
/** A few copies of copies could make a resource of any size. */
const MOST_COPIED = 100_000;
const FORBIDDEN = /(^|\/)(__proto__|constructor|prototype)(\/|$)/;

/** Why an operation cannot be carried out; which one is added where it is known. */
const impossible = (why: string): Fault => fault('REQ-02', why);

/**
 * RFC 6902 on a copy, all or nothing. The result holds to the same names and depth as a body.
 * @throws Fault REQ-02 for a bad operation or pointer, REQ-03 and REQ-05 for what it would make, REQ-25 when a test fails
 */
export function jsonPatch(target: Json, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw fault('REQ-02', 'A JSON Patch is an array of operations. Send [{"op": "replace", "path": "/name", "value": "..."}].');
  if (operations.length > MOST_OPERATIONS) throw fault('REQ-02', `A JSON Patch may have ${MOST_OPERATIONS} operations; this one has ${operations.length}.`);
  const root = { '': structuredClone(target) as unknown };
  const budget = { left: MOST_COPIED };
  operations.forEach((operation: PatchOperation, at) => {
    try {
      carryOut(root, operation, budget);
    } catch (error) {
      if (error instanceof Fault && error.code === 'REQ-02') throw fault('REQ-02', `Operation ${at} of the JSON Patch cannot be carried out, ${error.message}: ${JSON.stringify(operation).slice(0, 120)}. Nothing was changed.`);
      if (error === UNEQUAL) throw fault('REQ-25', `The test at operation ${at} does not hold: ${JSON.stringify(operation).slice(0, 120)}. Nothing was changed.`);
      throw error;
    }
  });
  const result = root[''];
  checkNames(result);
  return result;
}

const UNEQUAL = new Error('the test does not hold');

function carryOut(root: Json, { op, path, from, value }: PatchOperation, budget: { left: number }): void {
  const place = tokensOf(path);
  if (op === 'add') add(root, place, copied(value, budget));
  else if (op === 'remove') remove(root, place);
  else if (op === 'replace') replace(root, place, copied(value, budget));
  else if (op === 'test') {
    if (!same(get(root, place), value)) throw UNEQUAL;
  } else if (op === 'copy') add(root, place, copied(get(root, tokensOf(from)), budget));
  else if (op === 'move') move(root, tokensOf(from), place);
  else throw impossible('since there is no such operation');
}

/** The reference tokens of an RFC 6901 pointer, below our holder of the whole. */
function tokensOf(pointer: unknown): readonly string[] {
  if (typeof pointer !== 'string') throw impossible('since a pointer is missing');
  if (FORBIDDEN.test(pointer)) throw fault('REQ-03', `The path '${pointer.slice(0, 80)}' is not allowed.`);
  if (pointer !== '' && (!pointer.startsWith('/') || /~(?![01])/.test(pointer))) throw impossible('since a pointer begins with / and writes ~ as ~0');
  return pointer.split('/').map((token) => token.replace(/~1/g, '/').replace(/~0/g, '~'));
}

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

/** The place of a token in a list; `length` is the last one allowed. */
function indexOf(token: string, length: number): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(token) || Number(token) > length) throw impossible(`since '${token.slice(0, 40)}' is no place in that list`);
  return Number(token);
}

function child(holder: unknown, token: string): unknown {
  if (Array.isArray(holder)) return holder[indexOf(token, holder.length - 1)];
  if (!isHolder(holder) || !Object.hasOwn(holder, token)) throw impossible(`since there is no '${token.slice(0, 40)}'`);
  return (holder as Json)[token];
}

const get = (root: Json, place: readonly string[]): unknown => place.reduce<unknown>(child, root);

function holderOf(root: Json, place: readonly string[]): [holder: Holder, token: string] {
  const holder = get(root, place.slice(0, -1));
  if (!isHolder(holder)) throw impossible('since what holds it is neither an object nor a list');
  return [holder, place.at(-1)!];
}

function add(root: Json, place: readonly string[], value: unknown): void {
  const [holder, token] = holderOf(root, place);
  if (Array.isArray(holder)) holder.splice(token === '-' ? holder.length : indexOf(token, holder.length), 0, value);
  else holder[token] = value;
}

function remove(root: Json, place: readonly string[]): void {
  const [holder, token] = holderOf(root, place);
  child(holder, token);
  if (Array.isArray(holder)) holder.splice(Number(token), 1);
  else if (place.length === 1) holder[token] = null;
  else delete holder[token];
}

function replace(root: Json, place: readonly string[], value: unknown): void {
  const [holder, token] = holderOf(root, place);
  child(holder, token);
  (holder as Json)[token] = value;
}

function move(root: Json, from: readonly string[], place: readonly string[]): void {
  const value = get(root, from);
  if (place.length > from.length && from.every((token, at) => token === place[at])) throw impossible('since nothing can be moved into itself');
  if (place.length === from.length && from.every((token, at) => token === place[at])) return;
  remove(root, from);
  add(root, place, value);
}

function copied(value: unknown, budget: { left: number }): unknown {
  if (value === undefined) throw impossible('since its value is missing');
  budget.left -= 1;
  if (budget.left < 0) throw impossible(`since it would copy more than ${MOST_COPIED} values`);
  if (Array.isArray(value)) return value.map((item) => copied(item, budget));
  if (!isHolder(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copied(item, budget)]));
}
