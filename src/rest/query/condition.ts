import { fault } from '../../domain/fault';
import { allOf, type MongoFilter } from '../../store/filter';
import { elementScope, findAttribute, lookUp, shorten, type Attribute, type Scope } from '../../store/filter/attribute';
import { compileCondition, EQ, operatorNamed, operatorsNear, OPERATORS, type Operator } from '../../store/filter/condition';
import { valueOf, type Value } from '../../store/filter/value';
import { within } from '../../store/filter/within';
import { isPlain, readValues, slice, spaced, type Scanned } from './scan';

/** A step of a path, with conditions on one and the same element of the list it names. */
interface Step {
  readonly names: readonly string[];
  readonly conditions: readonly Condition[];
}

/** A part of the query: a path, an operator, values. */
export interface Condition {
  readonly steps: readonly Step[];
  /** The path as written, decoded; conditions with the same key and operator are merged. */
  readonly key: string;
  readonly symbol: string;
  readonly values: readonly Value[];
}

const SYMBOLS: Readonly<Record<string, Operator>> = {
  '=': EQ, '==': EQ,
  '>': { name: 'gt', blind: false }, '>=': { name: 'gte', blind: false }, '>==': { name: 'gte', blind: false },
  '<': { name: 'lt', blind: false }, '<=': { name: 'lte', blind: false }, '<==': { name: 'lte', blind: false },
  '!=': { name: 'ne', blind: false },
  '*=': { name: 'regex', blind: false }, '=~': { name: 'regex', blind: false },
};

const SIGNS: ReadonlySet<string> = new Set('=<>!*[(');
const MOST_STEPS = 12;

/** The operator sign that begins here. Behind a plain = < or > an encoded sign is the value's first character: `name=%3Dx` asks for =x. */
function symbolAt(scanned: Scanned, at: number): string | undefined {
  const { text } = scanned;
  const first = text[at] ?? '';
  const next = text[at + 1] ?? '';
  const alone = isPlain(scanned, at) && !isPlain(scanned, at + 1);
  if (first === '=') return !alone && (next === '=' || next === '~') ? `=${next}` : '=';
  if (first === '>' || first === '<') {
    if (next !== '=' || alone) return first;
    return text[at + 2] === '=' && !isPlain(scanned, at + 1) && isPlain(scanned, at + 2) ? `${first}==` : `${first}=`;
  }
  return (first === '!' || first === '*') && next === '=' ? `${first}=` : undefined;
}

/**
 * Reads `path operator values`. A list in the path may carry conditions that one and the same element must fulfil, in brackets or
 * parentheses (which curl leaves alone): `productCharacteristic[name=MSISDN].value=49176`, `relatedParty(role=customer)(id=C-1)`,
 * `relatedParty(role=customer).name.contains=x`. What is in the bracket is a condition like any other; so is what follows it.
 * @returns undefined when there is no operator in the text
 */
export function readCondition(scanned: Scanned): Condition | undefined {
  const { text } = scanned;
  const steps: Step[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (!SIGNS.has(char)) continue;
    // Behind a spelt operator only the equal sign separates: in `.eq=~x` the value is ~x.
    const symbol = char === '=' && operatorNamed(/\.(\w+)$/.exec(text.slice(from, at))?.[1] ?? '') ? '=' : symbolAt(scanned, at);
    if (symbol !== undefined) {
      steps.push({ names: names(text.slice(from, at)), conditions: [] });
      return { steps, key: text.slice(0, at), symbol, values: readValues(slice(scanned, at + symbol.length)) };
    }
    if (char !== '[' && char !== '(') continue;
    const conditions: Condition[] = [];
    const path = text.slice(from, at);
    let next = at;
    while (text[next] === '[' || text[next] === '(') {
      const close = closing(scanned, next);
      const inner = close === undefined ? undefined : readCondition(slice(scanned, next + 1, close));
      if (close === undefined || !inner) return undefined;
      conditions.push(inner);
      next = close + 1;
    }
    steps.push({ names: names(path), conditions });
    if (next === text.length) return { steps: [...steps, { names: [], conditions: [] }], key: text, symbol: '', values: [] };
    if (text[next] !== '.') throw fault('QRY-02', `'${shorten(text)}': behind the bracket a dot and an attribute must follow, as in ${shorten(text.slice(0, next))}.name=value.`);
    at = next;
    from = next + 1;
  }
  return undefined;
}

const names = (path: string): string[] => (path === '' ? [] : path.trim().split('.'));

/** The bracket that closes the one that opens here, outside double quotes and written as that one is: encoded or not. */
function closing(scanned: Scanned, open: number): number | undefined {
  const { text } = scanned;
  const plain = isPlain(scanned, open);
  const [opens, closes] = text[open] === '[' ? ['[', ']'] : ['(', ')'];
  let depth = 0;
  let quoted = false;
  for (let at = open; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted || isPlain(scanned, at) !== plain) continue;
    else if (char === opens) depth += 1;
    else if (char === closes && (depth -= 1) === 0) return at;
  }
  return undefined;
}

export const conditionCount = ({ steps }: Condition): number =>
  1 + steps.reduce((sum, step) => sum + step.conditions.reduce((inner, condition) => inner + conditionCount(condition), 0), 0);

export const valuesOf = (condition: Condition): Value[] => [
  ...condition.values, ...condition.steps.flatMap(({ conditions }) => conditions.flatMap(valuesOf)),
];

const SAME: Partial<Record<string, string>> = { in: 'eq', nin: 'ne' };

/** Conditions on one path with one operator, in whatever spelling, are one condition with all their values. */
export function merge(scope: Scope, conditions: readonly Condition[]): Condition[] {
  if (conditions.length < 2) return [...conditions];
  const merged = new Map<string, Condition>();
  for (const condition of conditions) {
    const key = mergeKey(scope, condition);
    const held = merged.get(key);
    merged.set(key, held ? { ...held, values: [...held.values, ...condition.values] } : condition);
  }
  return [...merged.values()];
}

function mergeKey(scope: Scope, condition: Condition): string {
  let inner = scope;
  for (const { names: path } of condition.steps.slice(0, -1)) {
    const list = findAttribute(inner, path);
    inner = elementScope(list);
  }
  const last = condition.steps.at(-1)!;
  const brackets = Math.max(condition.key.lastIndexOf(']'), condition.key.lastIndexOf(')')) + 1;
  const front = condition.key.slice(0, brackets);
  if (condition.symbol === '') return condition.key;
  const { attribute, operator } = target(inner, last.names, SYMBOLS[condition.symbol] ?? EQ, condition.key);
  return `${front} ${attribute.path} ${SAME[operator.name] ?? operator.name} ${operator.blind}`;
}

/** @throws Fault QRY-01 to QRY-03, QRY-06 */
export function compileRead(scope: Scope, condition: Condition): MongoFilter {
  return compileSteps(scope, condition, 0);
}

function compileSteps(scope: Scope, condition: Condition, at: number): MongoFilter {
  const step = condition.steps[at]!;
  if (at > MOST_STEPS) throw fault('QRY-07', `'${shorten(condition.key)}' has more than ${MOST_STEPS} bracketed steps.`);
  if (at === condition.steps.length - 1) return compileLast(scope, condition, step.names);
  const list = findAttribute(scope, step.names);
  return within(list, (inner) => {
    const ended = condition.symbol === '' && at + 2 === condition.steps.length;
    const further = ended ? [] : [compileSteps(inner, condition, at + 1)];
    return allOf([...step.conditions.map((one) => compileRead(inner, one)), ...further]);
  });
}

function compileLast(scope: Scope, { symbol, values, key }: Condition, path: readonly string[]): MongoFilter {
  const { attribute, operator } = target(scope, path, SYMBOLS[symbol] ?? EQ, key);
  return compileCondition(attribute, operator, separate(attribute, values));
}

/** The last name is an operator unless the document has an attribute of that whole path. */
function target(scope: Scope, path: readonly string[], operator: Operator, key: string): { attribute: Attribute; operator: Operator } {
  const last = path.at(-1) ?? '';
  const whole = lookUp(scope, path);
  const named = path.length > 1 ? operatorNamed(last) : undefined;
  if (named && (!whole || isUndeclared(scope, path))) {
    if (operator !== EQ) throw fault('QRY-02', `'${shorten(key)}' has two operators. Write .${last}=value.`);
    return { attribute: findAttribute(scope, path.slice(0, -1)), operator: named };
  }
  if (whole) return { attribute: whole, operator };
  const holder = path.length > 1 ? lookUp(scope, path.slice(0, -1)) : undefined;
  if (holder && holder.kind !== 'object') {
    throw fault('QRY-02', `'.${shorten(last)}' is not an operator, and ${holder.text} has no such attribute. Operators that come near: ${operatorsNear(last)}.`);
  }
  return { attribute: findAttribute(scope, path), operator };
}

/** Below an attribute of any type every name is possible, so an operator's name is the operator. */
const isUndeclared = (scope: Scope, path: readonly string[]): boolean => lookUp(scope, path.slice(0, -1))?.kind === 'any';

/** An encoded comma separates where no value can contain one. */
function separate({ kind, shape }: Attribute, values: readonly Value[]): readonly Value[] {
  const never = (kind !== 'string' && kind !== 'any') || shape.enum !== undefined;
  if (!never) return values;
  return values.flatMap(({ text }) => text.split(',').map((part) => {
    const one = part.replace(/^"(.*)"$/, '$1');
    return valueOf(one);
  }));
}

/** What a part without operator was meant to be. */
export const noOperator = (part: Scanned) => fault('QRY-02', `'${shorten(spaced(part))}' has no operator. Write attribute=value or attribute.operator=value with one of ${OPERATORS.join(', ')}.`);

