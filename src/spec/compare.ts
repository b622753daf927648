import { resolve, type OpenApi, type OperationNode, type SchemaNode } from './document';
import type { Api } from './operation';
import { fold } from './shape';

/** Something that one document has and the other lacks, or that both have differently. */
export interface Difference {
  readonly only: 'document' | 'ours' | 'both';
  /** As in `POST /customer`, `Customer.engagedParty.id`, `event CustomerCreateEvent`. */
  readonly place: string;
  readonly what: string;
}

interface Pair {
  readonly left: OpenApi;
  readonly right: OpenApi;
  readonly found: Difference[];
  readonly seen: WeakMap<SchemaNode, WeakSet<SchemaNode>>;
}

/** What a document has that ours lacks, and the other way round: operations, attributes with types and values, what is mandatory, events. */
export function compareApis(document: Api, ours: Api): readonly Difference[] {
  const pair: Pair = { left: document.document.raw, right: ours.document.raw, found: [], seen: new WeakMap() };
  const [left, right] = [operationsOf(document), operationsOf(ours)];
  for (const [place, mine] of both(pair, left, right, 'operation')) {
    compareBodies(pair, place, mine);
  }
  for (const type of document.events) if (!ours.events.has(type)) pair.found.push({ only: 'document', place: `event ${type}`, what: 'event' });
  for (const type of ours.events) if (!document.events.has(type)) pair.found.push({ only: 'ours', place: `event ${type}`, what: 'event' });
  return pair.found.sort((one, other) => (one.place < other.place ? -1 : one.place > other.place ? 1 : 0));
}

interface Sides {
  readonly left: OperationNode;
  readonly right: OperationNode;
}

const operationsOf = ({ operations }: Api): Map<string, OperationNode> =>
  new Map(operations.map(({ method, path, node }) => [`${method} ${path.replace(/\{[^}]*\}/g, '{id}')}`, node]));

/** The keys that both have; the others are differences. */
function both({ found }: Pair, left: ReadonlyMap<string, OperationNode>, right: ReadonlyMap<string, OperationNode>, what: string): [string, Sides][] {
  for (const place of left.keys()) if (!right.has(place)) found.push({ only: 'document', place, what });
  for (const place of right.keys()) if (!left.has(place)) found.push({ only: 'ours', place, what });
  return [...left].flatMap(([place, node]) => { const other = right.get(place); return other ? [[place, { left: node, right: other }] as [string, Sides]] : []; });
}

function compareBodies(pair: Pair, place: string, { left, right }: Sides): void {
  const [given, wanted] = [bodyOf(left), bodyOf(right)];
  if (given && wanted) {
    compareRequired(pair, `${place} body`, given, wanted);
    compareSchemas(pair, `${place} body`, given, wanted);
  } else if (given ?? wanted) pair.found.push({ only: given ? 'document' : 'ours', place: `${place} body`, what: 'body' });
  const [shown, ours] = [answerOf(left), answerOf(right)];
  if (shown && ours) compareSchemas(pair, nameOf(shown, pair.left) ?? place, itemOf(pair.left, shown), itemOf(pair.right, ours));
}

const jsonIn = (content: Readonly<Record<string, { readonly schema?: SchemaNode }>> = {}): SchemaNode | undefined =>
  (Object.entries(content).find(([type]) => /^application\/(merge-patch\+)?json\s*(;|$)/i.test(type)) ?? Object.entries(content)[0])?.[1].schema;

const bodyOf = ({ requestBody }: OperationNode): SchemaNode | undefined => jsonIn(requestBody?.content);

function answerOf({ responses = {} }: OperationNode): SchemaNode | undefined {
  const status = Object.keys(responses).filter((one) => one.startsWith('2')).sort()[0];
  return status === undefined ? undefined : jsonIn(responses[status]?.content);
}

const itemOf = (raw: OpenApi, schema: SchemaNode): SchemaNode => {
  const node = resolve(raw, schema);
  return node.type === 'array' ? node.items ?? {} : schema;
};

const nameOf = (schema: SchemaNode, raw: OpenApi): string | undefined => (schema.$ref ?? resolve(raw, schema).items?.$ref)?.split('/').pop();

function compareRequired({ left, right, found }: Pair, place: string, given: SchemaNode, wanted: SchemaNode): void {
  const [theirs, ours] = [fold(left, given).required, fold(right, wanted).required];
  for (const name of theirs) if (!ours.has(name)) found.push({ only: 'document', place: `${place} ${name}`, what: 'mandatory' });
  for (const name of ours) if (!theirs.has(name)) found.push({ only: 'ours', place: `${place} ${name}`, what: 'mandatory' });
}

/** Attribute by attribute; a pair of schemas that was compared before is not again, so that cycles end and shared parts are told once. */
function compareSchemas(pair: Pair, place: string, given: SchemaNode, wanted: SchemaNode): void {
  const { left, right, found, seen } = pair;
  const [one, other] = [peeled(left, given), peeled(right, wanted)];
  if (seen.get(one)?.has(other)) return;
  if (!seen.has(one)) seen.set(one, new WeakSet());
  seen.get(one)!.add(other);
  const [kind, otherKind] = [kindText(one), kindText(other)];
  if (kind !== otherKind) found.push({ only: 'both', place, what: `${kind} in the document, ${otherKind} in ours` });
  if (one.type === 'array' && other.type === 'array') {
    compareSchemas(pair, place, one.items ?? {}, other.items ?? {});
    return;
  }
  for (const value of one.enum ?? []) if (other.enum && !other.enum.includes(value)) found.push({ only: 'document', place, what: `value '${String(value)}'` });
  for (const value of other.enum ?? []) if (one.enum && !one.enum.includes(value)) found.push({ only: 'ours', place, what: `value '${String(value)}'` });
  const [theirs, ours] = [fold(left, one).properties, fold(right, other).properties];
  for (const [name, child] of theirs) {
    const mine = ours.get(name);
    if (mine) compareSchemas(pair, `${place}.${name}`, child, mine);
    else found.push({ only: 'document', place: `${place}.${name}`, what: kindText(peeled(left, child)) });
  }
  for (const [name, child] of ours) if (!theirs.has(name)) found.push({ only: 'ours', place: `${place}.${name}`, what: kindText(peeled(right, child)) });
}

function peeled(raw: OpenApi, schema: SchemaNode): SchemaNode {
  let node = resolve(raw, schema);
  while (node.allOf?.length === 1 && !node.properties && !node.required && node.allOf[0]) node = resolve(raw, node.allOf[0]);
  return node;
}

const kindText = ({ type, format, enum: values, properties, allOf, oneOf, anyOf }: SchemaNode): string => {
  const base = Array.isArray(type) ? type.join(' or ') : type ?? (properties ?? allOf ?? oneOf ?? anyOf ? 'object' : 'anything');
  return values ? `${String(base)} of a list` : format && format !== 'float' && format !== 'int32' ? `${String(base)} (${format})` : String(base);
};
