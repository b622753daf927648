import { fault } from '../domain/fault';
import type { Behaviour } from '../rest/types';
import type { UnitOfWork } from '../store/unitOfWork';
import { reportItem, type ItemFulfilment } from '../workers/ordering/fulfilment';

interface ServiceOrder {
  readonly id?: string;
  readonly externalId?: string;
  readonly state: string;
  readonly description?: string;
}

const OUTCOMES: Readonly<Record<string, 'done' | 'failed'>> = { completed: 'done', failed: 'failed', partial: 'failed', rejected: 'failed', cancelled: 'failed' };

/** Ours is the external identifier; a system that loses it is found by its own. */
async function meant({ id, externalId }: ServiceOrder, unit: UnitOfWork): Promise<ItemFulfilment | undefined> {
  if (externalId !== undefined) return unit.get<ItemFulfilment>('itemFulfilment', externalId.replace(/:undo$/, ''));
  const [found] = id === undefined ? [] : await unit.list<ItemFulfilment>('itemFulfilment', { 'serviceOrder.id': id }, { limit: 1 });
  return found;
}

/** What the outside fulfilment system reports of its service orders (TMF641). */
export const itemFulfilment: Behaviour = {
  async notifyServiceOrder({ body }, unit) {
    const { serviceOrder } = (body as { readonly event: { readonly serviceOrder: ServiceOrder } }).event;
    const held = await meant(serviceOrder, unit);
    if (!held) throw fault('REQ-08', `There is no itemFulfilment '${(serviceOrder.externalId ?? serviceOrder.id ?? '').slice(0, 80)}'. Send the externalId that the service order was posted with.`);
    const outcome = Object.hasOwn(OUTCOMES, serviceOrder.state) ? OUTCOMES[serviceOrder.state] : undefined;
    if (outcome) await reportItem(unit, held.productOrder.id, held.orderItemId, outcome, serviceOrder.description);
    return { status: 201, body: body as object };
  },
};
