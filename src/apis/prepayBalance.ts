import type { AdjustBalance, BalanceAction, TopupBalance, TransferBalance } from '../domain/balance/action';
import { accumulatedBalances, type Bucket } from '../domain/balance/bucket';
import { reserve } from '../domain/balance/reservation';
import { quantumOf } from '../domain/balance/terms';
import { quantity, decimal } from '../domain/amount';
import { fault } from '../domain/fault';
import { adjust, topup, transfer } from '../domain/prepayBalance';
import { listPage } from '../rest/list';
import { newResource } from '../rest/creation';
import { bodyOf, notFound } from '../rest/handlers';
import type { Behaviour, Principal } from '../rest/types';
import { accumulatedStore } from '../store/accumulated';
import { keepOutcome, topupsDue } from '../store/balances';
import { balanceTerms } from '../store/balanceTerms';
import { deleteAction, patchAction } from './prepayBalance/change';
import { bucketsNamed, decided, draftOf, named } from './prepayBalance/request';
import type { BehaviourParts } from './index';

/** What a manual adjustment carries (R32) where its request says nothing of it. */
const answeredBy = ({ id }: Principal) => ({ reasonCode: 'unspecified', approver: { id, role: 'approver', '@referredType': 'PartyRole' } });

/** Balance actions are decided when they are asked for; the answer carries their final status. */
const actions: Behaviour = {
  createTopupBalance: decided(bucketsNamed, async (request, unit) => {
    const draft = await draftOf<TopupBalance>(request, unit);
    const outcome = topup(await named(unit, draft.bucket), draft, unit.now);
    const kept = await keepOutcome(unit, 'TopupBalance', outcome);
    if (kept.status === 'created' && kept.recurringPeriod) await topupsDue(unit, kept.id);
    return { status: 201, body: await unit.get<TopupBalance & { readonly id: string }>('topupBalance', kept.id) ?? kept };
  }),

  createAdjustBalance: decided(bucketsNamed, async (request, unit) => {
    const draft = { ...answeredBy(request.principal), ...await draftOf<AdjustBalance>(request, unit) };
    if (draft['@type'] === 'BalanceDeduct') throw fault('REQ-02', "A BalanceDeduct is what rating draws. Leave '@type' out of an adjustment of your own.");
    return { status: 201, body: await keepOutcome(unit, 'AdjustBalance', adjust(await named(unit, draft.bucket), draft, unit.now)) };
  }),

  createTransferBalance: decided(bucketsNamed, async (request, unit) => {
    const draft = await draftOf<TransferBalance>(request, unit);
    const [from, receiver] = [await named(unit, draft.bucket), await named(unit, draft.receiverBucket)];
    return { status: 201, body: await keepOutcome(unit, 'TransferBalance', transfer(from, receiver, draft, unit.now)) };
  }),

  createReserveBalance: decided(bucketsNamed, async (request, unit) => {
    const draft = await draftOf(request, unit);
    const bucket = await named(unit, draft.bucket);
    const terms = await balanceTerms(unit.store);
    const quantum = bucket && quantumOf(terms, bucket.remainingValue.units);
    const outcome = reserve(bucket, draft, { holdMs: terms.reservationHoldSeconds * 1000, ...(quantum !== undefined && { quantum }) }, unit.now);
    return { status: 201, body: await keepOutcome<BalanceAction>(unit, 'ReserveBalance', outcome) };
  }),

  patchTopupBalance: patchAction('TopupBalance'),
  patchAdjustBalance: patchAction('AdjustBalance'),
  patchTransferBalance: patchAction('TransferBalance'),
  patchReserveBalance: patchAction('ReserveBalance'),
  deleteTopupBalance: deleteAction('TopupBalance'),
  deleteAdjustBalance: deleteAction('AdjustBalance'),
  deleteTransferBalance: deleteAction('TransferBalance'),
  deleteReserveBalance: deleteAction('ReserveBalance'),
};

const accumulated: Behaviour = {
  listAccumulatedBalance: (request, unit) => listPage(request.resource!, request, accumulatedStore(unit.store, unit.now)),

  async retrieveAccumulatedBalance(request, unit) {
    const id = request.params['id'] ?? '';
    const owner = id.split('.').slice(0, -2).join('.');
    const buckets = await unit.store.query<Bucket>('bucket', { status: 'active', $or: [{ 'product.id': owner }, { 'partyAccount.id': owner }] }, { limit: 10_000, sort: [['_id', 1]] });
    const balance = accumulatedBalances(buckets.map(({ doc }) => doc), unit.now).find((one) => one.id === id);
    if (!balance) throw notFound(request.resource!, id);
    return { status: 200, body: balance };
  },
};

/** What an empty bucket counts, by its usage type. */
const UNITS: Readonly<Record<string, string>> = { monetary: 'EUR', voice: 'second', data: 'octet', sms: 'message' };

const forKit: Behaviour = {
  createBucket: async (request, unit) => {
    const draft = newResource(request.resource!, bodyOf(request), unit.now);
    const units = UNITS[String(draft['usageType'])] ?? 'unit';
    const nothing = quantity(decimal(0), units);
    const bucket = { isShared: false, ...draft, status: 'active', confirmationDate: unit.now.toISOString(), remainingValue: nothing, reservedValue: nothing };
    return { status: 201, body: unit.save('bucket', bucket) };
  },
};

export const prepayBalance = ({ config }: BehaviourParts): Behaviour => ({ ...actions, ...accumulated, ...(config.kitTolerance ? forKit : {}) });
