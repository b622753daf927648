/** A JSONPath that is true of a document when it selects anything in it. */
export type JsonPath = (root: unknown) => boolean;

/** Why a path could not be read, and how far it could. */
export class PathError extends Error {
  constructor(message: string, readonly at: number) {
    super(message);
  }
}

type Select = (node: unknown, root: unknown) => unknown[];
type Test = (node: unknown, root: unknown) => boolean;

/** Paths are as deep as documents may be; expressions in brackets nest less. */
const MOST_STEPS = 32;

/**
 * Reads the part of JSONPath (RFC 9535) that conditions on events need: names, `*`, `..`, indexes, and conditions in `[?( )]` with
 * `== != < <= > >=`, `&&`, `||`, `!`, parentheses, `@` and `$` paths, texts, numbers, true, false and null.
 * @throws PathError
 */
export function parseJsonPath(text: string): JsonPath {
  const reader = createReader(text);
  reader.expect('$', 'a path begins with $');
  const select = readSteps(reader, 0);
  reader.skip();
  if (!reader.done()) throw reader.error('this does not belong to the path');
  return (root) => select(root, root).length > 0;
}

interface Reader {
  skip(): void;
  done(): boolean;
  peek(token: string): boolean;
  take(token: string): boolean;
  expect(token: string, why: string): void;
  match(pattern: RegExp): string | undefined;
  error(message: string): PathError;
}

function createReader(text: string): Reader {
  let at = 0;
  const reader: Reader = {
    skip() { while (text[at] === ' ') at += 1; },
    done: () => at >= text.length,
    peek: (token) => text.startsWith(token, at),
    take(token) {
      if (!text.startsWith(token, at)) return false;
      at += token.length;
      return true;
    },
    expect(token, why) { if (!reader.take(token)) throw reader.error(why); },
    match(pattern) {
      const found = new RegExp(pattern.source, 'y');
      found.lastIndex = at;
      const [whole] = found.exec(text) ?? [];
      if (whole !== undefined) at += whole.length;
      return whole;
    },
    error: (message) => new PathError(message, at),
  };
  return reader;
}

const NAME = /[\w@$-]+/;

function readSteps(reader: Reader, depth: number): Select {
  const steps: Select[] = [];
  for (;;) {
    if (steps.length > MOST_STEPS) throw reader.error(`a path has at most ${MOST_STEPS} steps`);
    if (reader.take('..')) steps.push((node) => descendants(node, 0), reader.peek('[') ? readBracket(reader, depth) : readName(reader));
    else if (reader.take('.')) steps.push(readName(reader));
    else if (reader.peek('[')) steps.push(readBracket(reader, depth));
    else break;
  }
  return (node, root) => steps.reduce<unknown[]>((nodes, step) => nodes.flatMap((one) => step(one, root)), [node]);
}

function readName(reader: Reader): Select {
  if (reader.take('*')) return children;
  const name = reader.match(NAME);
  if (name === undefined) throw reader.error('a name or * is missing');
  return member(name);
}

function readBracket(reader: Reader, depth: number): Select {
  reader.expect('[', '[ is missing');
  reader.skip();
  const select = readSelector(reader, depth);
  reader.skip();
  reader.expect(']', '] is missing');
  return select;
}

function readSelector(reader: Reader, depth: number): Select {
  if (reader.take('*')) return children;
  if (reader.take('?')) {
    reader.skip();
    const test = readOr(reader, depth + 1);
    return (node, root) => children(node).filter((child) => test(child, root));
  }
  const name = readText(reader);
  if (name !== undefined) return member(name);
  const index = reader.match(/-?\d+/);
  if (index === undefined) throw reader.error("a name in quotes, an index, * or ?( ) is missing");
  return (node) => (Array.isArray(node) ? listOf(node).slice(Number(index)).slice(0, 1) : []);
}

const isObject = (node: unknown): node is Record<string, unknown> => typeof node === 'object' && node !== null && !Array.isArray(node);

/** Of a list, the member of each element: documents do not always say which attribute is a list. */
function member(name: string): Select {
  return (node) => (Array.isArray(node) ? listOf(node) : [node])
    .flatMap((one) => (isObject(one) && Object.hasOwn(one, name) ? [one[name]] : []));
}

const listOf = (node: readonly unknown[]): unknown[] => [...node];

const children = (node: unknown): unknown[] => (Array.isArray(node) ? listOf(node) : isObject(node) ? Object.values(node) : []);

const descendants = (node: unknown, depth: number): unknown[] =>
  (depth > MOST_STEPS ? [] : [node, ...children(node).flatMap((child) => descendants(child, depth + 1))]);

function readOr(reader: Reader, depth: number): Test {
  const tests = [readAnd(reader, depth)];
  for (reader.skip(); reader.take('||'); reader.skip()) tests.push(readAnd(reader, depth));
  return (node, root) => tests.some((test) => test(node, root));
}

function readAnd(reader: Reader, depth: number): Test {
  const tests = [readNot(reader, depth)];
  for (reader.skip(); reader.take('&&'); reader.skip()) tests.push(readNot(reader, depth));
  return (node, root) => tests.every((test) => test(node, root));
}

function readNot(reader: Reader, depth: number): Test {
  if (depth > MOST_STEPS) throw reader.error('the conditions are nested too deeply');
  reader.skip();
  if (!reader.peek('!=') && reader.take('!')) {
    const test = readNot(reader, depth + 1);
    return (node, root) => !test(node, root);
  }
  if (reader.take('(')) {
    const test = readOr(reader, depth + 1);
    reader.skip();
    reader.expect(')', ') is missing');
    return test;
  }
  return readComparison(reader, depth);
}

const COMPARISONS: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<=': (a, b) => ordered(a, b) && (a as number) <= (b as number),
  '>=': (a, b) => ordered(a, b) && (a as number) >= (b as number),
  '<': (a, b) => ordered(a, b) && (a as number) < (b as number),
  '>': (a, b) => ordered(a, b) && (a as number) > (b as number),
};

const ordered = (a: unknown, b: unknown): boolean => typeof a === typeof b && (typeof a === 'number' || typeof a === 'string');

function readComparison(reader: Reader, depth: number): Test {
  const left = readOperand(reader, depth);
  reader.skip();
  const sign = reader.match(/==|!=|<=|>=|<|>/);
  if (sign === undefined) return (node, root) => left(node, root).length > 0;
  const right = readOperand(reader, depth);
  const compare = COMPARISONS[sign]!;
  // As with attribute filters, a path that selects several values is right when one of them is; unequal when none is equal.
  if (sign === '!=') return (node, root) => !left(node, root).some((a) => right(node, root).some((b) => a === b));
  return (node, root) => left(node, root).some((a) => right(node, root).some((b) => compare(a, b)));
}

function readOperand(reader: Reader, depth: number): Select {
  reader.skip();
  if (reader.take('@')) return readSteps(reader, depth);
  if (reader.take('$')) {
    const select = readSteps(reader, depth);
    return (_node, root) => select(root, root);
  }
  const text = readText(reader);
  if (text !== undefined) return () => [text];
  const literal = reader.match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true\b|false\b|null\b/);
  if (literal === undefined) throw reader.error("@, $, a text in quotes, a number, true, false or null is missing");
  const value: unknown = JSON.parse(literal);
  return () => [value];
}

function readText(reader: Reader): string | undefined {
  const quoted = reader.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/);
  return quoted?.slice(1, -1).replace(/\\(.)/g, '$1');
}
