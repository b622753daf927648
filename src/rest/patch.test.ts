import fc from 'fast-check';
import { Fault } from '../domain/fault';
import { jsonPatch } from './jsonPatch';
import { mergePatch } from './patch';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };
type Operation = { readonly op: string; readonly path: string; readonly from?: string; readonly value?: Json };

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

describe('rule 26: merge patch', () => {
  // The examples of RFC 7386, appendix A.
  it.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }], [{ a: 'b' }, { a: null }, {}], [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }], [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }], [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }], [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], [['a', 'b'], ['c', 'd'], ['c', 'd']], [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null], [{ a: 'foo' }, 'bar', 'bar'], [{ e: null }, { a: 1 }, { e: null, a: 1 }], [[1, 2], { a: 'b', c: null }, { a: 'b' }], [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('rule 26: the examples of RFC 7386: %j with %j', (target, patch, result) => expect(mergePatch(target, patch)).toEqual(result));

  // RFC 7386, section 2, written down as it stands there.
  function model(target: Json | undefined, patch: Json): Json {
    if (!isObject(patch)) return patch;
    const result: JsonObject = isObject(target) ? { ...target } : {};
    for (const name of Object.keys(patch)) {
      const value = patch[name]!;
      if (value === null) delete result[name];
      else result[name] = model(Object.hasOwn(result, name) ? result[name] : undefined, value);
    }
    return result;
  }

  it('rule 26: any merge patch equals the model, and leaves what it is applied to alone', () => {
    fc.assert(fc.property(json(4), json(4), (target, patch) => {
      const before = structuredClone(target);
      expect(mergePatch(target, patch)).toEqual(model(target, patch));
      expect(target).toEqual(before);
    }), { numRuns: 3000 });
  });
});

const NAMES = ['a', 'b', 'c', 'a/b', 'm~n', '', ' ', '0', '1', 'é', 'k"l', 'toString'];
function json(depth: number): fc.Arbitrary<Json> {
  const leaf: fc.Arbitrary<Json> = fc.oneof(fc.constant(null), fc.boolean(), fc.integer({ min: -3, max: 3 }), fc.constantFrom('a', 'b', '', '1'));
  if (depth === 0) return leaf;
  return fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(json(depth - 1), { maxLength: 3 }) }, { weight: 3, arbitrary: object(depth) });
}
const object = (depth: number): fc.Arbitrary<JsonObject> => fc.dictionary(fc.constantFrom(...NAMES), json(depth - 1), { maxKeys: 4, noNullPrototype: true });

describe('rule 27: JSON Patch', () => {
  // The examples of RFC 6902, appendix A; `undefined` where the patch must fail.
  it.each<[string, JsonObject, unknown[], unknown]>([
    ['A.1', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
    ['A.2', { foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    ['A.3', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    ['A.4', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    ['A.5', { baz: 'qux', foo: 'bar' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo', foo: 'bar' }],
    ['A.6', { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } }, [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }], { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } }],
    ['A.7', { foo: ['all', 'grass', 'cows', 'eat'] }, [{ op: 'move', from: '/foo/1', path: '/foo/3' }], { foo: ['all', 'cows', 'eat', 'grass'] }],
    ['A.8', { baz: 'qux', foo: ['a', 2, 'c'] }, [{ op: 'test', path: '/baz', value: 'qux' }, { op: 'test', path: '/foo/1', value: 2 }], { baz: 'qux', foo: ['a', 2, 'c'] }],
    ['A.9', { baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }], undefined],
    ['A.10', { foo: 'bar' }, [{ op: 'add', path: '/child', value: { grandchild: {} } }], { foo: 'bar', child: { grandchild: {} } }],
    ['A.11', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux', xyz: 123 }], { foo: 'bar', baz: 'qux' }],
    ['A.12', { foo: 'bar' }, [{ op: 'add', path: '/baz/bat', value: 'qux' }], undefined],
    ['A.13', { foo: 'bar' }, [JSON.parse('{"op":"add","path":"/baz","value":"qux","op":"remove"}')], undefined],
    ['A.14', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
    ['A.15', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: '10' }], undefined],
    ['A.16', { foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }], { foo: ['bar', ['abc', 'def']] }],
  ])('rule 27: the examples of RFC 6902: %s', (_name, target, operations, result) => {
    if (result === undefined) expect(() => jsonPatch(target, operations)).toThrow(Fault);
    else expect(jsonPatch(target, operations)).toEqual(result);
  });

  it('rule 27: any JSON Patch gives what the model gives, or is refused where the model fails; what it is applied to stays as it was', () => {
    let [done, refused] = [0, 0];
    fc.assert(fc.property(object(4).chain((target) => fc.tuple(fc.constant(target), fc.array(operationOn(target), { minLength: 1, maxLength: 4 }))), ([target, operations]) => {
      const before = structuredClone(target);
      const wanted = attempt(() => modelPatch(target, operations));
      const given = attempt(() => jsonPatch(target, operations));
      expect(given).toEqual(wanted);
      expect(target).toEqual(before);
      if (wanted === FAILED) refused += 1;
      else done += 1;
    }), { numRuns: 5000 });
    expect(Math.min(done, refused)).toBeGreaterThan(500);
  });
});

it.each<[string, unknown[], string]>([
  ['copies of copies', Array.from({ length: 40 }, (_, at) => ({ op: 'copy', from: '', path: `/c${at}` })), 'REQ-02'],
  ['depth beyond what a body may have', Array.from({ length: 40 }, (_, at) => ({ op: 'add', path: '/a'.repeat(at + 1), value: {} })), 'REQ-05'],
  ['a name that could be an operator', [{ op: 'add', path: '/$where', value: 1 }], 'REQ-03'],
  ['a name with a dot', [{ op: 'add', path: '/a.b', value: 1 }], 'REQ-03'],
  ['a name of ours', [{ op: 'add', path: '/_rev', value: 1 }], 'REQ-03'],
  ['a prototype', [{ op: 'add', path: '/a/__proto__/x', value: 1 }], 'REQ-03'],
  ['a hundred and one operations', Array.from({ length: 101 }, () => ({ op: 'test', path: '', value: {} })), 'REQ-02'],
  ['a missing value', [{ op: 'add', path: '/a' }], 'REQ-02'],
])('rule 27: a JSON Patch is refused that would make %s', (_what, operations, code) => {
  expect(() => jsonPatch({ a: { b: [1, 2, 3] } }, operations)).toThrow(expect.objectContaining({ code }) as Error);
});

const FAILED = new Error('failed');
function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof Fault || error === FAILED) return FAILED;
    throw error;
  }
}

const escaped = (name: string) => name.replace(/~/g, '~0').replace(/\//g, '~1');
const pointersIn = (value: Json, at = ''): string[] => [at, ...(typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([name, child]) => pointersIn(child, `${at}/${escaped(name)}`)) : [])];

function operationOn(target: JsonObject): fc.Arbitrary<Operation> {
  const pointers = pointersIn(target).filter((pointer) => pointer !== '');
  const held = pointers.length > 0 ? fc.constantFrom(...pointers) : fc.constant('/a');
  const pointer = fc.oneof({ weight: 5, arbitrary: held }, { weight: 2, arbitrary: fc.tuple(held, fc.constantFrom('-', '0', '1', '2', '01', '-1', '1e0', 'a', 'b', 'a~1b', '~', '')).map(([front, name]) => `${front}/${name}`) }, fc.constantFrom('/a', '/new', 'a'));
  const value = json(2);
  return fc.oneof(
    fc.record({ op: fc.constantFrom('add', 'replace'), path: pointer, value }), fc.record({ op: fc.constant('remove'), path: pointer }),
    fc.record({ op: fc.constantFrom('move', 'copy'), from: pointer, path: pointer }),
    fc.tuple(held, value, fc.boolean()).map(([path, other, same]) => ({ op: 'test', path, value: same ? find(target, path) : other })),
  );
}

function find(target: Json, pointer: string): Json {
  return tokens(pointer).reduce<Json>((value, token) => (Array.isArray(value) ? value[Number(token)]! : (value as JsonObject)[token]!), target);
}

function tokens(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) throw FAILED;
  return pointer.slice(1).split('/').map((token) => token.replace(/~1/g, '/').replace(/~0/g, '~'));
}

// ---- RFC 6902 with RFC 6901, written down as they stand; it shares nothing with the product.
function modelPatch(target: JsonObject, operations: readonly Operation[]): Json {
  let present: Json = structuredClone(target);
  for (const { op, path, from, value } of operations) {
    if (op === 'add') present = add(present, tokens(path), value!);
    else if (op === 'remove') present = remove(present, tokens(path));
    else if (op === 'replace') present = replace(present, tokens(path), value!);
    else if (op === 'test') {
      if (!equal(get(present, tokens(path)), value!)) throw FAILED;
    } else if (op === 'copy') present = add(present, tokens(path), structuredClone(get(present, tokens(from!))));
    else {
      if (path.startsWith(`${from!}/`)) throw FAILED;
      const moved = get(present, tokens(from!));
      present = path === from ? present : add(remove(present, tokens(from!)), tokens(path), moved);
    }
  }
  return present;
}

const equal = (one: Json, other: Json): boolean => {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, at) => equal(item, other[at]!));
  if (isObject(one) && isObject(other)) return Object.keys(one).length === Object.keys(other).length && Object.keys(one).every((name) => Object.hasOwn(other, name) && equal(one[name]!, other[name]!));
  return one === other;
};

function index(token: string, length: number): number {
  if (!/^(0|[1-9]\d*)$/.test(token) || Number(token) > length) throw FAILED;
  return Number(token);
}

function get(value: Json, [token, ...rest]: readonly string[]): Json {
  if (token === undefined) return value;
  if (Array.isArray(value)) return get(value[index(token, value.length - 1)]!, rest);
  if (!isObject(value) || !Object.hasOwn(value, token)) throw FAILED;
  return get(value[token]!, rest);
}

/** The value with the place above the last token changed by the function. */
function within(value: Json, path: readonly string[], change: (holder: Json[] | JsonObject, token: string) => void): Json {
  const copy = structuredClone(value);
  const holder = get(copy, path.slice(0, -1));
  if (!Array.isArray(holder) && !isObject(holder)) throw FAILED;
  change(holder, path.at(-1)!);
  return copy;
}

const add = (value: Json, path: readonly string[], added: Json): Json => (path.length === 0 ? added : within(value, path, (holder, token) => {
  if (Array.isArray(holder)) holder.splice(token === '-' ? holder.length : index(token, holder.length), 0, added);
  else holder[token] = added;
}));

const remove = (value: Json, path: readonly string[]): Json => (path.length === 0 ? null : within(value, path, (holder, token) => {
  get(holder, [token]);
  if (Array.isArray(holder)) holder.splice(Number(token), 1);
  else delete holder[token];
}));

const replace = (value: Json, path: readonly string[], put: Json): Json => (path.length === 0 ? put : within(value, path, (holder, token) => {
  get(holder, [token]);
  if (Array.isArray(holder)) holder[Number(token)] = put;
  else holder[token] = put;
}));
