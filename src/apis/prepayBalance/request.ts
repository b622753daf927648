import type { BalanceAction, Draft } from '../../domain/balance/action';
import type { Bucket, Ref } from '../../domain/balance/bucket';
import { newResource } from '../../rest/creation';
import { bodyOf } from '../../rest/handlers';
import type { ApiRequest, OwnHandler, Together } from '../../rest/types';
import type { Doc } from '../../store/codec';
import { keysOf } from '../../store/balances';
import type { Key } from '../../store/together';
import type { UnitOfWork } from '../../store/unitOfWork';

/** An operation that is decided together with the others that wait for the same bucket. */
export const decided = (together: Together, handle: (...given: Parameters<OwnHandler>) => ReturnType<OwnHandler>): OwnHandler => Object.assign(handle, { together });

const idOf = (value: unknown): string | undefined => {
  const id = (value as { readonly id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
};

/** The buckets that the body of a new action names. */
export const bucketsNamed: Together = ({ body }) => {
  const { bucket, receiverBucket } = (body ?? {}) as { readonly bucket?: unknown; readonly receiverBucket?: unknown };
  return [idOf(bucket), idOf(receiverBucket)].flatMap((id) => (id === undefined ? [] : [['bucket', id] as const satisfies Key]));
};

/** The action that the path names, and its bucket. */
export const actionNamed: Together = async ({ resource, params }, store) => {
  const held = await store.read<BalanceAction & Doc>(resource!.collection, params['id'] ?? '');
  return held ? keysOf(resource!.collection, held.doc) : [];
};

export const named = async (unit: UnitOfWork, ref: Ref | undefined): Promise<Bucket | undefined> => (ref ? unit.get<Bucket>('bucket', ref.id) : undefined);

/** What was asked for. Account and parties that the request leaves out are those of the bucket. */
export async function draftOf<A extends BalanceAction>(request: ApiRequest, unit: UnitOfWork): Promise<Draft<A>> {
  const { status: _, ...asked } = newResource(request.resource!, bodyOf(request), unit.now) as unknown as BalanceAction;
  const { partyAccount, relatedParty } = await named(unit, asked.bucket) ?? {};
  return { ...(partyAccount && { partyAccount }), ...(relatedParty && { relatedParty }), ...asked } as unknown as Draft<A>;
}
