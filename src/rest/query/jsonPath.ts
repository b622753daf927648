import { fault } from '../../domain/fault';
import { shorten } from '../../store/filter/attribute';
import { valueOf } from '../../store/filter/value';
import { beyond, blanks, expect, malformed, match, pattern, quoted, taken, unexpected, type Literal, type Reader } from './jsonReader';
import type { Scanned } from './scan';

export type Comparator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '=~';

/** `where` is a filter on the elements of the list before it; `all` any element. */
export type Step =
  | { readonly name: string }
  | { readonly index: number }
  | { readonly all: true }
  | { readonly where: Expression };

export interface Path {
  readonly root: '$' | '@' | '';
  readonly steps: readonly Step[];
}

export type Expression =
  | { readonly kind: 'and'; readonly arms: readonly Expression[] }
  | { readonly kind: 'or'; readonly arms: readonly Expression[] }
  | { readonly kind: 'not'; readonly inner: Expression }
  | { readonly kind: 'exists'; readonly path: Path }
  | { readonly kind: 'compare' | 'length'; readonly path: Path; readonly comparator: Comparator; readonly literal: Literal };

type Operand = { readonly literal: Literal } | { readonly path: Path; readonly length: boolean };

const DEEPEST = 20;

/**
 * The part of JSONPath that a filter may use: paths with names, `[n]`, `[*]` and `[?(...)]`, the comparisons == != < <= > >= =~,
 * `!`, `&&`, `||`, parentheses and length().
 * @throws Fault QRY-05 where the text is malformed, REQ-21 where it is JSONPath beyond that part
 */
export function parseJsonPath(scanned: Scanned): Expression {
  const reader: Reader = { scanned, at: 0, depth: 0 };
  const expression = either(reader);
  blanks(reader);
  if (reader.at < scanned.text.length) throw unexpected(reader);
  return expression;
}

function either(reader: Reader): Expression {
  const arms = [both(reader)];
  while (taken(reader, '||')) arms.push(both(reader));
  return arms.length > 1 ? { kind: 'or', arms } : arms[0]!;
}

function both(reader: Reader): Expression {
  const arms = [unary(reader)];
  while (taken(reader, '&&')) arms.push(unary(reader));
  return arms.length > 1 ? { kind: 'and', arms } : arms[0]!;
}

function unary(reader: Reader): Expression {
  reader.depth += 1;
  if (reader.depth > DEEPEST) throw fault('QRY-07', `filter is nested more than ${DEEPEST} levels deep.`);
  const expression = inner(reader);
  reader.depth -= 1;
  return expression;
}

function inner(reader: Reader): Expression {
  blanks(reader);
  if (!reader.scanned.text.startsWith('!=', reader.at) && taken(reader, '!')) return { kind: 'not', inner: unary(reader) };
  if (taken(reader, '(')) {
    const expression = either(reader);
    expect(reader, ')');
    return expression;
  }
  return comparison(reader);
}

const MIRRORED: Readonly<Record<Comparator, Comparator | undefined>> = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=~': undefined };

function comparison(reader: Reader): Expression {
  const left = operand(reader);
  const comparator = comparatorAt(reader);
  if (!comparator) {
    if ('literal' in left || left.length) throw malformed(reader, 'expected a comparison, such as == or >.');
    return { kind: 'exists', path: left.path };
  }
  const right = operand(reader);
  if ('path' in left && 'literal' in right) return compared(left, comparator, right.literal);
  const mirrored = MIRRORED[comparator];
  if ('path' in right && 'literal' in left && mirrored) return compared(right, mirrored, left.literal);
  throw beyond('A comparison that is not between an attribute and a value');
}

const compared = ({ path, length }: { readonly path: Path; readonly length: boolean }, comparator: Comparator, literal: Literal): Expression =>
  ({ kind: length ? 'length' : 'compare', path, comparator, literal });

const COMPARATOR = /==|!=|<=|>=|=~|<|>/y;

function comparatorAt(reader: Reader): Comparator | undefined {
  blanks(reader);
  const found = match(reader, COMPARATOR);
  if (found === undefined && taken(reader, '=')) throw malformed(reader, 'equality is written ==.');
  return found as Comparator | undefined;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_@][\w@]*/y;

function operand(reader: Reader): Operand {
  blanks(reader);
  const { text } = reader.scanned;
  const first = text[reader.at] ?? '';
  if (first === '\'' || first === '"') return { literal: { value: quoted(reader, first), blind: false } };
  if (first === '/') return { literal: pattern(reader) };
  const number = first === '-' || /\d/.test(first) ? match(reader, NUMBER) : undefined;
  if (number !== undefined) return { literal: { value: valueOf(number), blind: false } };
  const word = /^(?:true|false|null)(?![\w@.[(])/.exec(text.slice(reader.at, reader.at + 6))?.[0];
  if (word !== undefined) {
    reader.at += word.length;
    return { literal: word === 'null' ? 'null' : { value: valueOf(word), blind: false } };
  }
  return pathOperand(reader);
}

function pathOperand(reader: Reader): Operand {
  if (reader.scanned.text.startsWith('length', reader.at) && /^\s*\(/.test(reader.scanned.text.slice(reader.at + 'length'.length))) {
    reader.at += 'length'.length;
    expect(reader, '(');
    const { path } = pathAt(reader);
    expect(reader, ')');
    return { path, length: true };
  }
  return pathAt(reader);
}

function pathAt(reader: Reader): { readonly path: Path; readonly length: boolean } {
  blanks(reader);
  const { text } = reader.scanned;
  const sign = /^(?:\$|@(?![\w]))/.exec(text.slice(reader.at, reader.at + 2))?.[0] as '$' | '@' | undefined;
  const steps: Step[] = [];
  if (sign !== undefined) reader.at += 1;
  else if (text[reader.at] !== '[') steps.push({ name: nameAt(reader) });
  for (;;) {
    if (text[reader.at] === '.') {
      if (text[reader.at + 1] === '.') throw beyond('Descent (..)');
      if (text[reader.at + 1] === '*') throw beyond('A wildcard over attributes (.*)');
      reader.at += 1;
      const name = nameAt(reader, steps.length > 0);
      if (name === undefined) return { path: { root: sign ?? '', steps }, length: true };
      steps.push({ name });
    } else if (text[reader.at] === '[') {
      steps.push(bracket(reader));
    } else {
      return { path: { root: sign ?? '', steps }, length: false };
    }
  }
}

function nameAt(reader: Reader): string;
function nameAt(reader: Reader, mayBeLength: boolean): string | undefined;
function nameAt(reader: Reader, mayBeLength = false): string | undefined {
  const name = match(reader, WORD);
  if (name === undefined) throw malformed(reader, 'expected the name of an attribute.');
  if (reader.scanned.text[reader.at] !== '(') return name;
  if (name !== 'length' || !mayBeLength) throw beyond(`The function ${shorten(name)}()`);
  reader.at += 1;
  expect(reader, ')');
  return undefined;
}

function bracket(reader: Reader): Step {
  reader.at += 1;
  blanks(reader);
  const { text } = reader.scanned;
  const first = text[reader.at] ?? '';
  let step: Step;
  if (first === '?') {
    reader.at += 1;
    step = { where: either(reader) };
  } else if (first === '*') {
    reader.at += 1;
    step = { all: true };
  } else if (first === '\'' || first === '"') {
    step = { name: quoted(reader, first).text };
  } else if (first === '(') {
    throw beyond('A script expression');
  } else if (first === '-' || first === ':') {
    throw beyond(first === '-' ? 'An index from the end' : 'A slice ([a:b])');
  } else {
    const index = match(reader, /\d{1,4}(?!\d)/y);
    if (index === undefined) throw malformed(reader, 'expected [n], [*], [\'name\'] or [?(...)].');
    step = { index: Number(index) };
  }
  expect(reader, ']');
  return step;
}
