import { fulfil } from '../../domain/ordering/change';
import type { Product } from '../../domain/product';
import { addedProductId, assessCancellation, cancelled, isFinal, itemsOf, orderState } from '../../domain/productOrder';
import type { Doc } from '../../store/codec';
import { setTimer } from '../../store/timer';
import type { UnitOfWork } from '../../store/unitOfWork';
import { contextOf } from './context';
import { compensate } from './fulfilment';
import { keepFulfilment } from './keep';
import { isOver, noted, type KeptOrder } from './order';
import { bringsNumber, callOffPort } from './porting';
import { CANCEL_TIMER, type Ordering } from './setup';

/** A cancelProductOrder as it is kept. */
interface CancelProductOrder extends Doc {
  readonly state: 'acknowledged' | 'inProgress' | 'done' | 'terminatedWithError';
  readonly productOrder: { readonly id: string };
  readonly cancellationReason?: string;
  readonly requestedCancellationDate?: string;
  readonly effectiveCancellationDate?: string;
}

/**
 * Takes a cancellation to its end, one commit per step: the order is held for assessing, then called off or set to work again. A
 * refused cancellation ends in terminatedWithError, with the reason as a note on the order.
 */
export async function assess(ordering: Ordering, id: string, correlationId = ''): Promise<void> {
  for (const stage of [take, decide, callOff]) await ordering.store.run((unit) => stage(ordering, unit, id), { correlationId });
}

const read = async (unit: UnitOfWork, id: string) => {
  const request = await unit.get<CancelProductOrder>('cancelProductOrder', id);
  const order = request && await unit.get<KeptOrder>('productOrder', request.productOrder.id);
  return { request, order };
};

async function take(_ordering: Ordering, unit: UnitOfWork, id: string): Promise<void> {
  const { request, order } = await read(unit, id);
  if (request?.state !== 'acknowledged') return;
  const date = request.requestedCancellationDate;
  if (date !== undefined && Date.parse(date) > unit.now.getTime()) {
    await setTimer(unit, CANCEL_TIMER, id, date);
    return;
  }
  unit.save('cancelProductOrder', { ...request, state: 'inProgress' });
  if (order && !isOver(order) && order.state !== 'assessingCancellation' && order.state !== 'pendingCancellation') unit.save('productOrder', { ...order, state: 'assessingCancellation' });
}

async function decide(_ordering: Ordering, unit: UnitOfWork, id: string): Promise<void> {
  const { request, order } = await read(unit, id);
  if (request?.state !== 'inProgress' || order?.state === 'pendingCancellation') return;
  const word = order ? assessCancellation({ ...order, state: isOver(order) ? order.state ?? '' : orderState(order) }) : { allowed: false as const, reason: 'The order is gone.' };
  if (word.allowed && order) {
    unit.save('productOrder', { ...order, state: 'pendingCancellation' });
    return;
  }
  unit.save('cancelProductOrder', { ...request, state: 'terminatedWithError' });
  if (!order || word.allowed) return;
  // The items were left alone, so the state before follows from them.
  unit.save('productOrder', noted({ ...order, state: isOver(order) ? order.state ?? '' : orderState(order) }, [`The cancellation ${id} was refused. ${word.reason}`], unit.now));
}

async function callOff({ numbers }: Ordering, unit: UnitOfWork, id: string): Promise<void> {
  const { request, order } = await read(unit, id);
  if (request?.state !== 'inProgress' || order?.state !== 'pendingCancellation') return;
  for (const { item } of itemsOf(order)) {
    if (isFinal(item.state)) continue;
    await compensate(unit, order.id, item.id);
    if (!bringsNumber(item)) continue;
    await callOffPort(unit, order.id, item.id);
    const product = await unit.get<Product>('product', addedProductId(order.id, item.id));
    if (!product || product.status === 'terminated') continue;
    // It was active with its temporary number.
    const ending = { ...item, action: 'delete', product: { id: product.id } };
    await keepFulfilment(unit, fulfil(ending, order, await contextOf(unit, ending, order)), numbers);
  }
  const now = unit.now.toISOString();
  unit.save('productOrder', { ...cancelled(order), cancellationDate: now, ...(request.cancellationReason !== undefined && { cancellationReason: request.cancellationReason }) });
  unit.save('cancelProductOrder', { ...request, state: 'done', effectiveCancellationDate: now });
}
