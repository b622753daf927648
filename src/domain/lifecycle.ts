import { fault } from './fault';
import { ITEM_LIFE } from './reconciliation/itemLife';

/** States as a table: from each state the ones it may become. Final states go nowhere. */
export interface Lifecycle {
  /** States a document may be born in. */
  readonly initial: readonly string[];
  readonly states: Readonly<Record<string, { readonly to: readonly string[] }>>;
  /** The attribute is free text: a value outside the table is kept, and the table says nothing about it. */
  readonly freeText?: boolean;
}

const to = (...states: string[]) => ({ to: states });

const orderItem: Lifecycle = {
  initial: ['acknowledged'],
  states: {
    acknowledged: to('inProgress', 'pending', 'held', 'rejected', 'assessingCancellation'),
    pending: to('inProgress', 'assessingCancellation'),
    held: to('inProgress', 'assessingCancellation'),
    inProgress: to('completed', 'failed', 'pending', 'held', 'assessingCancellation'),
    // A refused cancellation returns to the state before; the caller remembers which one that was.
    assessingCancellation: to('pendingCancellation', 'acknowledged', 'inProgress', 'pending', 'held'),
    pendingCancellation: to('cancelled'),
    completed: to(), failed: to(), rejected: to(), cancelled: to(),
  },
};

const productOrder: Lifecycle = {
  initial: orderItem.initial,
  states: {
    ...orderItem.states,
    inProgress: to('completed', 'failed', 'partial', 'pending', 'held', 'assessingCancellation'),
    partial: to(),
  },
};

const task: Lifecycle = {
  initial: ['acknowledged'],
  states: {
    acknowledged: to('inProgress'),
    inProgress: to('done', 'terminatedWithError'),
    done: to(), terminatedWithError: to(),
  },
};

const catalogue: Lifecycle = {
  initial: ['In study'],
  freeText: true,
  states: {
    'In study': to('In design'),
    'In design': to('In test', 'Rejected'),
    'In test': to('Active', 'Rejected'),
    Active: to('Launched'),
    Launched: to('Retired'),
    Retired: to('Obsolete'),
    Obsolete: to(), Rejected: to(),
  },
};

const usage: Lifecycle = {
  // A carrier's own charging system hands over usage that is rated already.
  initial: ['received', 'rated'],
  states: {
    received: to('guided', 'rejected'),
    guided: to('rated', 'rejected'),
    rejected: to('recycled'),
    recycled: to('guided', 'rejected'),
    rated: to('rerated', 'billed'),
    rerated: to('rated'),
    billed: to(),
  },
};

const bucket: Lifecycle = {
  initial: ['active'],
  states: { active: to('suspended', 'expired'), suspended: to('active', 'expired'), expired: to() },
};

/** A reservation that is `created` is held; for the other actions `created` is waiting for its time. */
const balanceAction: Lifecycle = {
  initial: ['created', 'completed', 'failed'],
  states: { created: to('completed', 'failed', 'cancelled'), completed: to(), failed: to(), cancelled: to() },
};

/** Only a reversed payment takes a bill back to sent or partiallyPaid; no request does, so the table lacks these moves. */
const customerBill: Lifecycle = {
  initial: ['new'],
  states: {
    new: to('validated', 'onHold'),
    onHold: to('new', 'validated'),
    validated: to('sent', 'onHold'),
    sent: to('partiallyPaid', 'settled'),
    partiallyPaid: to('settled'),
    settled: to(),
  },
};

const customerBillOnDemand: Lifecycle = {
  initial: ['inProgress'],
  states: { inProgress: to('done', 'rejected', 'terminatedWithError'), done: to(), rejected: to(), terminatedWithError: to() },
};

const payment: Lifecycle = { initial: ['accepted'], states: { accepted: to('reversed'), reversed: to() } };

const refund: Lifecycle = { initial: ['due'], states: { due: to('paid'), paid: to() } };

const product: Lifecycle = {
  initial: ['created', 'pendingActive', 'active'],
  states: {
    created: to('pendingActive', 'active', 'cancelled', 'aborted '),
    pendingActive: to('active', 'cancelled', 'aborted '),
    active: to('suspended', 'pendingTerminate', 'terminated'),
    suspended: to('active', 'pendingTerminate', 'terminated'),
    pendingTerminate: to('active', 'terminated'),
    // The official documents spell the value with a blank at its end.
    cancelled: to(), terminated: to(), 'aborted ': to(),
  },
};

const job: Lifecycle = {
  initial: ['Not Started'],
  states: { 'Not Started': to('Running', 'Failed'), Running: to('Succeeded', 'Failed'), Succeeded: to(), Failed: to() },
};

/** The lifecycle of each resource that has one, by resource name. */
/** An outside system does what an order item wants; what it did for an item that came to nothing is undone. */
const itemFulfilment: Lifecycle = {
  initial: ['requested'],
  states: {
    requested: to('accepted', 'done', 'failed', 'timedOut', 'compensating'),
    accepted: to('done', 'failed', 'timedOut', 'compensating'),
    done: to('compensating'), failed: to(), timedOut: to('compensating'),
    compensating: to('compensated', 'compensationFailed'),
    compensated: to(), compensationFailed: to('compensating'),
  },
};

const numberPort: Lifecycle = {
  initial: ['requested'],
  states: {
    requested: to('rejectedByDonor', 'scheduled', 'cancelled'),
    // The customer's data may be mended and the donor asked again.
    rejectedByDonor: to('requested', 'cancelled'),
    scheduled: to('executed', 'rejectedByDonor', 'cancelled'),
    executed: to(), cancelled: to(),
  },
};

const reconciliationRun: Lifecycle = {
  initial: ['acknowledged'],
  states: { acknowledged: to('inProgress'), inProgress: to('done', 'terminatedWithError'), done: to(), terminatedWithError: to() },
};

/** A closed item opens again when its explanation has gone. */
const reconciliationItem: Lifecycle = {
  initial: ['open'],
  states: Object.fromEntries(Object.entries(ITEM_LIFE).map(([state, targets]) => [state, to(...targets)])),
};

const wholesaleFile: Lifecycle = {
  initial: ['accepted', 'held'],
  states: { accepted: to('held'), held: to('accepted') },
};

export const lifecycles: Readonly<Record<string, Lifecycle>> = {
  Catalog: catalogue, Category: catalogue, ProductOffering: catalogue, ProductOfferingPrice: catalogue, ProductSpecification: catalogue,
  ImportJob: job, ExportJob: job,
  ProductOrder: productOrder, ProductOrderItem: orderItem, CancelProductOrder: task,
  Usage: usage,
  Product: product,
  Bucket: bucket, TopupBalance: balanceAction, AdjustBalance: balanceAction, TransferBalance: balanceAction, ReserveBalance: balanceAction,
  BillRun: task, Payment: payment, Refund: refund,
  CustomerBill: customerBill, CustomerBillOnDemand: customerBillOnDemand,
  ItemFulfilment: itemFulfilment, NumberPort: numberPort,
  ReconciliationRun: reconciliationRun, WholesaleFile: wholesaleFile, ReconciliationItem: reconciliationItem,
};

// A client may send 'constructor' as a state: only own names of the table count.
const targetsOf = ({ states }: Lifecycle, state: string): readonly string[] | undefined => (Object.hasOwn(states, state) ? states[state]?.to : undefined);

/** Whether the move is in the table. The same state again is no move and always allowed; so is a first state. */
export function mayBecome(lifecycle: Lifecycle, from: string | undefined, target: string): boolean {
  if (from === target) return true;
  if (lifecycle.freeText && (from === undefined || !targetsOf(lifecycle, from) || !targetsOf(lifecycle, target))) return true;
  if (from === undefined) return targetsOf(lifecycle, target) !== undefined;
  return targetsOf(lifecycle, from)?.includes(target) ?? false;
}

/** The state after the move; refused with STA-01 and the targets there are. `what` names the document in the sentence. */
export function changeState(lifecycle: Lifecycle, from: string | undefined, target: string, what = 'document'): string {
  if (mayBecome(lifecycle, from, target)) return target;
  const targets = from === undefined ? Object.keys(lifecycle.states) : targetsOf(lifecycle, from) ?? [];
  const allowed = targets.length > 0 ? `From '${from ?? 'no state'}' it may become ${targets.join(', ')}.` : `'${from}' is final.`;
  throw fault('STA-01', `The ${what} cannot become '${target}'. ${allowed}`);
}

/** The shortest way over the table from one state to the other, without the first; undefined where there is none. */
export function pathTo(lifecycle: Lifecycle, from: string, target: string): readonly string[] | undefined {
  const ways = new Map<string, readonly string[]>([[from, []]]);
  for (const [state, way] of ways) {
    if (state === target) return way;
    for (const next of targetsOf(lifecycle, state) ?? []) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  return undefined;
}

/** What is wrong with a table: states that cannot be reached from the first ones, moves to states it lacks. Empty when sound. */
export function checkReachable(lifecycle: Lifecycle): string[] {
  const known = new Set(Object.keys(lifecycle.states));
  const reached = new Set(lifecycle.initial);
  for (const state of reached) for (const next of targetsOf(lifecycle, state) ?? []) reached.add(next);
  return [
    ...[...known].filter((state) => !reached.has(state)).map((state) => `'${state}' is never reached`),
    ...[...reached].filter((state) => !known.has(state)).map((state) => `'${state}' is not in the table`),
  ];
}

/** Where a document's enum and a table differ. Empty when they name the same states. */
export function sameStates(values: readonly string[], lifecycle: Lifecycle): string[] {
  const known = Object.keys(lifecycle.states);
  return [
    ...values.filter((value) => !known.includes(value)).map((value) => `'${value}' is in the document but not in the table`),
    ...known.filter((state) => !values.includes(state)).map((state) => `'${state}' is in the table but not in the document`),
  ];
}
