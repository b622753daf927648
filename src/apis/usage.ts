import { hash as digest } from 'node:crypto';
import { fault } from '../domain/fault';
import { usageContent, usageIdentity, usageReference, type UsageDocument } from '../domain/usage';
import { newResource } from '../rest/creation';
import { bodyOf } from '../rest/handlers';
import type { Behaviour } from '../rest/types';
import type { Resource } from '../spec/operation';
import type { Doc } from '../store/codec';
import type { UnitOfWork } from '../store/unitOfWork';
import { partitionKeys } from '../workers/partition';
import { reverseRating, type RatedUsage } from '../workers/rating/reverse';
import { checkAgainstSpecification } from './usage/specification';

/** A usage as it is kept: with marks of its content and call reference, by which repeats are known (R29). */
export interface KeptUsage extends Doc, UsageDocument {
  readonly id: string;
  readonly status: string;
  readonly _content?: string;
  readonly _reference?: string;
  readonly '@type'?: string;
}

const hash = (text: string): string => digest('sha256', text, 'base64url').slice(0, 32);

/** The id of a usage follows from its record identity, so that a second POST meets the first; DELETE frees it. */
export const usageId = (identity: string): string => `u-${hash(identity)}`;

export const usage: Behaviour = {
  async createUsage(request, unit) {
    return { status: 201, body: await takeUsage(request.resource!, bodyOf(request), unit) };
  },

  async patchUsage(request, unit, generic) {
    const before = await unit.get<KeptUsage>('usage', request.params['id'] ?? '');
    const answer = await generic(request, unit);
    const after = answer.body as RatedUsage | undefined;
    if (before?.status === 'rated' && after?.status === 'rerated') await reverseRating(unit, [before]);
    const kept = await unit.get<KeptUsage>('usage', request.params['id'] ?? '');
    // What is to be rated again goes to the queue of its account, behind what went there before.
    if (kept && kept.status !== before?.status) unit.save('usage', kept, { partitionKey: (await partitionKeys(unit.store, [kept]))[0]! });
    return answer;
  },

  async deleteUsage(request, unit) {
    const held = await unit.get<KeptUsage>('usage', request.params['id'] ?? '');
    if (!held) throw fault('REQ-08', `There is no usage '${request.params['id'] ?? ''}'.`);
    if (held.status === 'billed') throw fault('USG-02', 'A billed usage stays. A wrong charge is mended by a credit on the next bill.');
    if (held.status === 'rated') await reverseRating(unit, [held]);
    unit.remove('usage', held.id);
    return { status: 204 };
  },
};

/** What the caller has found out of many at once. */
export interface Known {
  readonly identity?: string | undefined;
  readonly partitionKey?: string | undefined;
}

/**
 * Takes one usage: new, or the first answer again for a repeat. @throws Fault USG-01 for the same record with other content,
 * USG-03 when it does not fit its specification
 */
export async function takeUsage(resource: Resource, body: Record<string, unknown>, unit: UnitOfWork, known: Known = {}): Promise<KeptUsage> {
  const identity = known.identity ?? usageIdentity(body);
  const content = hash(usageContent(body));
  if (identity !== undefined) {
    const held = await unit.get<KeptUsage>('usage', usageId(identity));
    if (held) return repeated(held, content);
  }
  await checkAgainstSpecification(body, unit);
  const draft = asReceived(newResource(resource, body, unit.now));
  const reference = usageReference(body);
  const kept = {
    ...draft, ...(identity === undefined ? {} : { id: usageId(identity) }), _content: content,
    ...(reference === undefined ? {} : { _reference: hash(reference) }),
  } as KeptUsage;
  const partitionKey = known.partitionKey ?? (await partitionKeys(unit.store, [kept]))[0]!;
  return unit.save('usage', kept, { partitionKey, raced: identity !== undefined });
}

function repeated(held: KeptUsage, content: string): KeptUsage {
  if (held._content === content) return held;
  throw fault('USG-01', `A usage with this record id is held as ${held.id}, with other content. Send the same content, or another recordId.`);
}

/** Usage comes in received; rated only when the sender's charging system rated it already (R21). */
function asReceived(draft: Doc & Record<string, unknown>): Doc & Record<string, unknown> {
  const lines = draft['ratedProductUsage'];
  if (draft['status'] === 'rated' && !(Array.isArray(lines) && lines.length > 0)) {
    throw fault('USG-03', 'A usage of status rated needs its ratedProductUsage. Send it, or leave the status out to have it rated here.');
  }
  if (draft['status'] !== 'rated' && draft['status'] !== 'received') {
    throw fault('USG-03', `A new usage is received, or rated by the sender; it cannot be ${String(draft['status'])}.`);
  }
  return draft;
}
