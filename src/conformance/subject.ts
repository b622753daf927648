import type { Shape } from '../spec/shape';
import { fold } from '../spec/shape';
import { fail, type Kit } from './kit';
import { bodyFor } from './payload';
import { RECIPES } from './recipes';
import type { SchemaNode } from '../spec/document';
import type { Json, Payloads, Subject, Target } from './types';
import type { Operation, Resource, Verb } from '../spec/operation';

/** The resources of an API, one after the other as its document has them; those within others are left out. */
export function subjectsOf(target: Target, given: Readonly<Record<string, Payloads>>, only: readonly string[] | undefined): Subject[] {
  const { api, url } = target;
  const number = numberOf(target);
  return api.resources.filter(({ path, within }) => path !== 'hub' && within === undefined && !path.includes('/') && (only === undefined || only.includes(path))).map((resource) => ({
    target, resource, url: `${url}/${resource.path}`, made: [], needed: new Map(),
    operations: new Map(api.operations.filter((operation) => operation.resource === resource && operation.verb !== 'other').map((operation) => [operation.verb, operation])),
    payloads: { ...RECIPES[`${number}/${resource.path}`], ...given[resource.path], ...given[`${number}/${resource.path}`] },
  }));
}

/** tmf620, whatever the version. */
export const numberOf = ({ api: { document } }: Target): string => document.api.replace(/-v[\d-]+$/, '');

export const has = ({ operations }: Subject, verb: Verb): boolean => operations.has(verb);

export function schemaOfBody({ node }: Operation): SchemaNode | undefined {
  const content = Object.entries(node.requestBody?.content ?? {});
  return (content.find(([type]) => /^application\/(merge-patch\+)?json\s*(;|$)/i.test(type)) ?? content[0])?.[1].schema;
}

/** The media types that a PATCH may have. */
export const patchTypes = ({ operations }: Subject): readonly string[] =>
  Object.keys(operations.get('patch')?.node.requestBody?.content ?? {}).map((type) => type.split(';')[0]!.trim());

/** What a create must have. */
export function mandatoryOnCreate({ target, operations }: Subject): readonly string[] {
  const schema = operations.get('create') && schemaOfBody(operations.get('create')!);
  return schema ? [...fold(target.api.document.raw, schema).required] : [];
}

/** What every answer must have: what the schema and the body of a create demand, and what the profile of the API adds. */
export function mandatoryInAnswer(subject: Subject): readonly string[] {
  const { target, resource } = subject;
  const { required: named, properties } = fold(target.api.document.raw, { $ref: `#/components/schemas/${resource.schemaName}` });
  // Some documents demand what they do not have.
  const required = [...named].filter((name) => properties.has(name));
  const profile = PROFILES[`${numberOf(target)}/${resource.path}`] ?? [];
  return [...new Set(['id', ...mandatoryOnCreate(subject), ...required, ...profile])].filter((name) => name !== 'href' && !UNSHOWN.has(`${numberOf(target)}/${resource.path}.${name}`));
}

/** Attributes that the conformance profiles add to the required lists of the documents, as far as TM Forum's kits look at them. */
const PROFILES: Readonly<Record<string, readonly string[]>> = {
  'tmf620/productSpecification': ['lastUpdate', 'lifecycleStatus'], 'tmf620/productOffering': ['lastUpdate', 'lifecycleStatus'], 'tmf620/productOfferingPrice': ['lastUpdate', 'lifecycleStatus'],
  'tmf622/productOrder': ['orderDate', 'state'], 'tmf629/customer': ['@type'],
  'tmf654/bucket': ['status', 'usageType'], 'tmf654/topupBalance': ['status', 'amount'], 'tmf654/adjustBalance': ['status', 'amount', 'usageType'], 'tmf654/reserveBalance': ['status'],
  'tmf678/appliedCustomerBillingRate': ['isBilled'],
};

/** What the documents demand and nobody has: TMF654 wants the receiver of a transfer in every line of the history. */
const UNSHOWN: ReadonlySet<string> = new Set(['tmf654/balanceActionHistory.receiverLogicalResource']);

const RESERVED = new Set(['fields', 'filter', 'sort', 'offset', 'limit', 'depth', 'expand']);
const MARKERS = ['name', 'description', 'label', 'title', 'note', 'externalId', 'cancellationReason', 'reason'];

/** The attribute that tells apart what the kit makes: a text that may be sent on create. */
export function markerOf({ resource, payloads }: Subject): string | undefined {
  if (payloads.marker !== undefined) return payloads.marker ?? undefined;
  const texts = [...resource.shape.attributes()].filter(([name, shape]) => isText(shape) && !RESERVED.has(name) && resource.createAttributes?.has(name) === true && !name.startsWith('@') && name !== resource.state).map(([name]) => name);
  return MARKERS.find((name) => texts.includes(name)) ?? texts.find((name) => !/href|url|id$/i.test(name));
}

const isText = ({ kind, many, enum: values }: Shape): boolean => kind === 'string' && !many && values === undefined;

const inUpdate = ({ updateAttributes }: Resource, name: string): boolean => updateAttributes === undefined || updateAttributes.has(name);

/** An attribute that a patch may change, with a new value. */
export function changeOf(subject: Subject, to: string): Json | undefined {
  const { payloads, resource } = subject;
  if (payloads.patch !== undefined) return payloads.patch ?? undefined;
  const marker = markerOf(subject);
  if (marker !== undefined && inUpdate(resource, marker)) return { [marker]: to };
  const other = [...resource.shape.attributes()].find(([name, shape]) => isText(shape) && !name.startsWith('@') && name !== 'id' && name !== 'href' && name !== resource.state && resource.updateAttributes?.has(name) === true);
  return other && { [other[0]]: to };
}

/** An attribute that a patch may remove: a text that is not mandatory. */
export function removableOf(subject: Subject): string | undefined {
  const { resource, payloads } = subject;
  if (payloads.patch !== undefined) return undefined;
  const mandatory = new Set([...mandatoryInAnswer(subject), ...mandatoryOnCreate(subject)]);
  return [...resource.shape.attributes()].find(([name, shape]) => isText(shape) && !mandatory.has(name) && !name.startsWith('@') && !/^(id|href)$/.test(name) && name !== resource.state
    && resource.updateAttributes?.has(name) === true && resource.createAttributes?.has(name) === true && !/href|url/i.test(name))?.[0];
}

/** The body with the mandatory attributes only. */
export async function minimalBody(kit: Kit, subject: Subject): Promise<Json> {
  const schema = schemaOfBody(subject.operations.get('create')!) ?? {};
  await makeNeeded(kit, subject);
  return filled(kit, subject, subject.payloads.minimal) ?? bodyFor(schema, { raw: subject.target.api.document.raw, mark: kit.mark, full: false });
}

export async function fullBody(kit: Kit, subject: Subject): Promise<Json> {
  const { payloads, operations, resource: { state }, target } = subject;
  const schema = schemaOfBody(operations.get('create')!) ?? {};
  const minimal = await minimalBody(kit, subject);
  const leaveOut = new Set(state === undefined || mandatoryOnCreate(subject).includes(state) ? [] : [state]);
  const given = filled(kit, subject, payloads.full);
  return { ...(given ?? bodyFor(schema, { raw: target.api.document.raw, mark: kit.mark, full: true }, leaveOut)), ...(given ? { ...minimal, ...given } : payloads.minimal ? minimal : {}) };
}

async function makeNeeded(kit: Kit, subject: Subject): Promise<void> {
  for (const { name, path, body, each = false } of subject.payloads.needs ?? []) {
    if (!each && subject.needed.has(name)) continue;
    const { api, url } = subject.target;
    const answer = await kit.client.call('POST', `${url}/${path}`, { body: filled(kit, subject, body) });
    const { id } = (answer.body ?? {}) as { id?: string };
    if (id === undefined) fail(`The ${path} that is needed first was answered ${answer.status}: ${answer.text.slice(0, 200)}.`);
    subject.needed.set(name, id);
    kit.made.push({ url: `${url}/${path}/${encodeURIComponent(id)}`, deletable: api.operations.some((one) => one.resource?.path === path && one.verb === 'delete') });
  }
}

/** Bodies may hold {{mark}}, different in every run, {{date}}, which is now, {{tomorrow}}, and the names of what is needed. */
function filled({ mark }: Kit, { needed }: Subject, body: Json | undefined): Json | undefined {
  if (!body) return undefined;
  const values = new Map([['mark', mark], ['date', new Date().toISOString()], ['tomorrow', new Date(Date.now() + 86_400_000).toISOString()], ...needed]);
  return JSON.parse(JSON.stringify(body).replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values.get(name) ?? whole)) as Json;
}
