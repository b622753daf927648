import { fault } from '../../domain/fault';
import { allOf, anyOf, noneOf, EVERYTHING, type MongoFilter } from '../../store/filter';
import { findAttribute, type Attribute, type Scope } from '../../store/filter/attribute';
import { compileCondition, type OperatorName } from '../../store/filter/condition';
import { valueOf } from '../../store/filter/value';
import { within } from '../../store/filter/within';
import { parseJsonPath, type Comparator, type Expression, type Path, type Step } from './jsonPath';
import type { Literal } from './jsonReader';
import type { Scanned } from './scan';

/** A filter= with the number of its comparisons and the texts compared with, for the limits. */
export interface JsonFilter {
  readonly filter: MongoFilter;
  readonly conditions: number;
  readonly texts: readonly string[];
}

/** @throws Fault QRY-01 to QRY-03, QRY-05 to QRY-07, REQ-21 */
export function compileJsonFilter(scanned: Scanned, scope: Scope): JsonFilter {
  const expression = parseJsonPath(scanned);
  const leaves = leavesOf(expression);
  return { filter: compile(scope, expression), conditions: leaves.length, texts: leaves };
}

/** The text of each comparison, existence included; also of those inside [?(...)]. */
function leavesOf(expression: Expression): string[] {
  if (expression.kind === 'and' || expression.kind === 'or') return expression.arms.flatMap(leavesOf);
  if (expression.kind === 'not') return leavesOf(expression.inner);
  const inner = expression.path.steps.flatMap((step) => ('where' in step ? leavesOf(step.where) : []));
  return [...inner, expression.kind === 'exists' || expression.literal === 'null' ? '' : expression.literal.value.text];
}

const OPERATORS: Readonly<Record<Comparator, OperatorName>> = { '==': 'eq', '!=': 'ne', '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte', '=~': 'regex' };

function compile(scope: Scope, expression: Expression): MongoFilter {
  switch (expression.kind) {
    case 'and': return allOf(expression.arms.map((arm) => compile(scope, arm)));
    case 'or': return anyOf(expression.arms.map((arm) => compile(scope, arm)));
    case 'not': return noneOf([compile(scope, expression.inner)]);
    case 'exists': return walk(scope, expression.path, (attribute) => compileCondition(attribute, { name: 'exists', blind: false }, [valueOf('true')]));
    case 'compare': return walk(scope, expression.path, (attribute) => compare(attribute, expression.comparator, expression.literal));
    case 'length': return walk(scope, expression.path, (attribute) => compareLength(attribute, expression.comparator, expression.literal));
  }
}

/** The rest of a path, from the place that its scope stands for. */
function walk(scope: Scope, { root, steps }: Path, leaf: (attribute: Attribute) => MongoFilter): MongoFilter {
  if (root === '$' && scope.at !== '') throw notOffered('$ inside [?(...)], where @ is the element,');
  const start = scope.at === '' ? steps.findIndex((step) => !('all' in step)) : 0;
  return walkSteps(scope, start < 0 ? [] : steps.slice(start), leaf);
}

const notOffered = (what: string) => fault('REQ-21', `${what} is not offered in filter.`);

function walkSteps(scope: Scope, steps: readonly Step[], leaf: (attribute: Attribute) => MongoFilter): MongoFilter {
  const [first] = steps;
  if (!first) throw fault('QRY-05', 'filter is malformed: $ or @ alone is not an attribute. Name one, as in @.name.');
  if ('where' in first && scope.at === '') {
    return allOf([compile(scope, first.where), ...(steps.length > 1 ? [walkSteps(scope, steps.slice(1), leaf)] : [])]);
  }
  const at = steps.findIndex((step) => 'where' in step);
  const attribute = attributeAt(scope, at < 0 ? steps : steps.slice(0, at));
  const step = steps[at];
  if (!step || !('where' in step)) return leaf(attribute);
  const rest = steps.slice(at + 1);
  const { where } = step;
  if (attribute.kind !== 'object' && attribute.kind !== 'any') {
    if (rest.length > 0) throw fault('QRY-01', `The elements of ${attribute.text} have no attributes.`);
    return elementItself(attribute, where);
  }
  return within(attribute, (inner) => allOf([compile(inner, where), ...(rest.length > 0 ? [walkSteps(inner, rest, leaf)] : [])]));
}

/** Conditions on the elements of a list of plain values: one comparison of @, or any of several. */
function elementItself(attribute: Attribute, where: Expression): MongoFilter {
  if (where.kind === 'or') return anyOf(where.arms.map((arm) => elementItself(attribute, arm)));
  if (where.kind === 'compare' && where.path.root === '@' && where.path.steps.length === 0) return compare(attribute, where.comparator, where.literal);
  throw notOffered(`More than one comparison of the same element of ${attribute.text}, a list of plain values,`);
}

/** Names and indexes up to the next [?(...)]; an index becomes part of the stored path. */
function attributeAt(scope: Scope, steps: readonly Step[]): Attribute {
  const names = steps.flatMap((step) => ('name' in step ? [step.name] : []));
  const attribute = findAttribute(scope, names);
  if (steps.every((step) => 'name' in step)) return attribute;
  const stored: string[] = [];
  const places = new Map<string, string>();
  const indexed = new Set<string>();
  let logical = '';
  for (const step of steps) {
    if ('name' in step) {
      logical += logical === '' ? step.name : `.${step.name}`;
      stored.push(step.name);
      places.set(logical, stored.join('.'));
    } else if (!attribute.lists.includes(logical)) {
      throw fault('QRY-05', `filter is malformed: ${logical || 'the resource'} is not a list, so ${'index' in step ? `[${step.index}]` : '[*]'} cannot follow it.`);
    } else if ('index' in step) {
      indexed.add(logical);
      stored.push(String(step.index));
    }
  }
  const lists = attribute.lists.filter((list) => !indexed.has(list)).map((list) => places.get(list)!);
  return { ...attribute, path: stored.join('.'), lists };
}

function compare(attribute: Attribute, comparator: Comparator, literal: Literal): MongoFilter {
  if (literal !== 'null') return compileCondition(attribute, { name: OPERATORS[comparator], blind: literal.blind }, [literal.value]);
  if (comparator !== '==' && comparator !== '!=') throw fault('QRY-03', `null can be compared with == and != only, not with ${comparator}.`);
  return { [attribute.path]: comparator === '==' ? { $eq: null } : { $ne: null } };
}

/** Counts the elements of a list; an absent list has none. */
function compareLength(attribute: Attribute, comparator: Comparator, literal: Literal): MongoFilter {
  const { path, text, lists } = attribute;
  if (!attribute.shape.many || lists.at(-1) !== path) throw notOffered(`length() of ${text}, which is not a list,`);
  const count = literal === 'null' || !/^\d{1,6}$/.test(literal.value.text) ? undefined : Number(literal.value.text);
  if (count === undefined || comparator === '=~') throw fault('QRY-03', `The length of ${text} is compared with a whole number from 0, by == != < <= > or >=.`);
  const exactly = count === 0 ? noneOf([atLeast(path, 1)]) : { [path]: { $size: count } };
  switch (comparator) {
    case '==': return exactly;
    case '!=': return noneOf([exactly]);
    case '>=': return atLeast(path, count);
    case '>': return atLeast(path, count + 1);
    case '<': return count === 0 ? { [path]: { $in: [] } } : noneOf([atLeast(path, count)]);
    case '<=': return noneOf([atLeast(path, count + 1)]);
  }
}

const atLeast = (path: string, count: number): MongoFilter => (count === 0 ? EVERYTHING : { [`${path}.${count - 1}`]: { $exists: true } });
