import { cancelAction, type ActionName, type BalanceAction, type Outcome } from '../../domain/balance/action';
import { cancelReservation, commitReservation } from '../../domain/balance/reservation';
import { fault } from '../../domain/fault';
import { existing } from '../../rest/handlers';
import type { ApiRequest, OwnHandler } from '../../rest/types';
import type { Doc } from '../../store/codec';
import { keepBucket, keepOutcome, withoutOrder } from '../../store/balances';
import { same } from '../../store/event';
import type { UnitOfWork } from '../../store/unitOfWork';
import { actionNamed, decided, named } from './request';

type KeptAction = BalanceAction & Doc & { readonly usage?: { readonly id: string } };

/** What an action moved, between whom and when: facts from the moment it is asked for. */
const FACTS = [
  'amount', 'validFor', 'bucket', 'usageType', 'partyAccount', 'receiverBucket', 'receiverBucketUsageType', 'transferCost', 'costOwner', 'requestedDate', 'confirmationDate',
  'recurringPeriod', 'numberOfPeriods', 'balanceTopup', 'lowBalance', 'topupCount', 'nextTopupDate', 'adjustType', 'reasonCode', 'approver', 'isAutoTopup', 'reserveBalance', '@type', '@baseType',
];

/** The status that a patch asks for; of a JSON Patch the last that it sets. */
function wantedStatus({ body }: ApiRequest): unknown {
  if (!Array.isArray(body)) return (body as { readonly status?: unknown } | null)?.status;
  return (body as { readonly path?: unknown; readonly value?: unknown }[]).filter(({ path }) => path === '/status').at(-1)?.value;
}

/** Cancels, commits or describes an action. The same status again changes nothing and is no error. */
export const patchAction = (name: ActionName): OwnHandler => decided(actionNamed, async (request, unit, generic) => {
  const before = await existing<KeptAction>(request.resource!, request, unit);
  const status = wantedStatus(request);
  if (status !== undefined && status !== before.status) holdToStatus(name, before, status);
  const { body } = await generic(request, unit);
  const after = body as KeptAction;
  const isHeld = name === 'ReserveBalance' && before.status === 'created';
  const changeable = !isHeld ? '' : after.status === 'completed' ? 'amount' : 'validFor';
  holdToFacts(before, after, FACTS.filter((fact) => fact !== changeable));
  const rev = unit.revision(request.resource!.collection, before.id) ?? 0;
  if (after.status === before.status) return { status: 200, body: after, rev: same(before, after) ? rev : rev + 1 };
  const outcome = await ended(name, before, after, unit);
  return { status: 200, body: await keepOutcome(unit, name, outcome), rev: rev + 1 };
});

/** @throws Fault BAL-01, STA-01 */
function holdToStatus(name: ActionName, { status }: BalanceAction, wanted: unknown): void {
  if (status !== 'created') {
    const instead = name === 'ReserveBalance' ? 'Nothing is held any more: send the usage without it, and it is rated as if unreserved.' : 'Even it out by an adjustBalance.';
    throw fault('BAL-01', `The action is ${status} and stays so. ${instead}`);
  }
  const allowed = name === 'ReserveBalance' ? ['completed', 'cancelled'] : ['cancelled'];
  if (!allowed.includes(String(wanted))) throw fault('STA-01', `A request cannot make the action '${String(wanted).slice(0, 40)}'. From 'created' it may become ${allowed.join(' or ')}.`);
}

/** @throws Fault REQ-07 */
function holdToFacts(before: object, after: object, facts: readonly string[]): void {
  const [old, now] = [before, after] as Record<string, unknown>[];
  const changed = facts.find((fact) => !same(old![fact], now![fact]));
  if (changed !== undefined) throw fault('REQ-07', `${changed} of a balance action cannot be changed. Leave it out of the patch, or ask for another action.`);
}

/** What the end that the patch asks for comes to. @throws Fault BAL-01, BAL-02, AMT-01 */
async function ended(name: ActionName, before: KeptAction, after: KeptAction, unit: UnitOfWork): Promise<Outcome<BalanceAction>> {
  const bucket = await named(unit, before.bucket);
  if (name !== 'ReserveBalance') {
    if (bucket?.autoTopup?.id === before.id) await keepBucket(unit, bucket, withoutOrder(bucket));
    return cancelAction(name, { ...after, status: before.status }, after.reason, unit.now);
  }
  const held = { ...after, status: before.status, ...(before.amount && { amount: before.amount }) };
  if (after.status === 'cancelled') return cancelReservation(bucket, held, after.reason, unit.now);
  if (!bucket) throw fault('BAL-01', `The bucket ${before.bucket?.id ?? ''} is gone. Send the usage without the reservation.`);
  const { amount, reason, usage } = after;
  return commitReservation(bucket, held, { ...(amount && { amount }), ...(reason && { reason }), ...(usage && { usage }) }, unit.now);
}

/** Removes an action: one that waits or holds is cancelled first, one that took effect is part of the books and stays. */
export const deleteAction = (name: ActionName): OwnHandler => decided(actionNamed, async (request, unit) => {
  const collection = request.resource!.collection;
  const before = await existing<KeptAction>(request.resource!, request, unit);
  if (before.status === 'completed') throw fault('BAL-01', `The ${request.resource!.key} took effect and is part of the books. Even it out by an adjustBalance.`);
  if (before.status !== 'created') {
    unit.remove(collection, before.id);
    return { status: 204 };
  }
  const outcome = await ended(name, before, { ...before, status: 'cancelled' }, unit);
  const last = await keepOutcome(unit, name, outcome);
  unit.remove(collection, before.id, { events: outcome.events, last });
  return { status: 204 };
});

