import { fault } from '../../domain/fault';
import { assigned, type NotificationRule, type Subject } from '../../domain/inbound';
import { resourceCheck } from '../../rest/validation';
import type { Api } from '../../spec/operation';
import type { Doc } from '../../store/codec';
import { same } from '../../store/event';
import type { UnitOfWork } from '../../store/unitOfWork';
import { reportItem, type ItemFulfilment } from '../../workers/ordering/fulfilment';

/** What a command did: the resources it changed, or why there was nothing to do. */
export type Done = { readonly changed: readonly { readonly id: string; readonly '@referredType': string }[] } | { readonly ignored: string };

export interface CommandParts {
  readonly rule: NotificationRule;
  readonly subject: Subject;
  readonly correlationId: string;
}

/** Carries it out within the unit. @throws Fault when it cannot be; then nothing is changed */
export type Command = (parts: CommandParts, unit: UnitOfWork) => Promise<Done>;

const OUTCOMES: Readonly<Record<string, 'done' | 'failed'>> = { completed: 'done', failed: 'failed', partial: 'failed', rejected: 'failed', cancelled: 'failed' };

const textIn = ({ attributes }: Subject, name: string): string | undefined => (typeof attributes[name] === 'string' ? attributes[name] : undefined);

/** Ours is the external identifier; a system that loses it is found by its own. */
async function fulfilmentMeant(subject: Subject, unit: UnitOfWork): Promise<ItemFulfilment | undefined> {
  const externalId = textIn(subject, 'externalId');
  if (externalId !== undefined) return unit.get<ItemFulfilment>('itemFulfilment', externalId.replace(/:undo$/, ''));
  const [found] = subject.id === undefined ? [] : await unit.list<ItemFulfilment>('itemFulfilment', { 'serviceOrder.id': subject.id }, { limit: 1 });
  return found;
}

/** What the outside fulfilment system reports of its service orders (TMF641) is the outcome of an order item. */
const reportItemFulfilment: Command = async ({ subject }, unit) => {
  const state = textIn(subject, 'state') ?? '';
  const outcome = Object.hasOwn(OUTCOMES, state) ? OUTCOMES[state] : undefined;
  if (!outcome) return { ignored: `state '${state.slice(0, 40)}' is no end of a service order; those are ${Object.keys(OUTCOMES).join(', ')}` };
  const held = await fulfilmentMeant(subject, unit);
  if (!held) throw fault('REQ-08', `There is no itemFulfilment '${(textIn(subject, 'externalId') ?? subject.id ?? '').slice(0, 80)}'. Send the externalId that the service order was posted with.`);
  await reportItem(unit, held.productOrder.id, held.orderItemId, outcome, textIn(subject, 'description'));
  return { changed: [{ id: held.id, '@referredType': 'ItemFulfilment' }] };
};

type Customer = Doc & Record<string, unknown>;
const MOST_CUSTOMERS = 100;

/** The customers that a party is, or the one that is named. */
const customersMeant = async ({ key, id }: Subject, unit: UnitOfWork): Promise<readonly Customer[]> => {
  if (id === undefined) return [];
  if (key !== 'customer') return unit.list<Customer>('customer', { 'engagedParty.id': id }, { limit: MOST_CUSTOMERS });
  const customer = await unit.get<Customer>('customer', id);
  return customer ? [customer] : [];
};

/** What an outside system says of a party is true of the customers that it is. */
function changeCustomer(apis: readonly Api[]): Command {
  const customerApi = apis.find(({ document }) => document.api === 'tmf629');
  const resource = customerApi?.resources.find(({ key }) => key === 'customer');
  const check = customerApi && resourceCheck(customerApi);
  return async ({ rule: { assign = [] }, subject, correlationId }, unit) => {
    if (!resource || !check) throw fault('REQ-21', 'No customers are kept here.');
    const brought = assigned(assign, subject);
    if (Object.keys(brought).length === 0) return { ignored: `nothing of ${assign.map(({ from }) => from).join(', ')} is in it that is to be brought over` };
    const customers = await customersMeant(subject, unit);
    if (customers.length === 0) return { ignored: `no customer is ${subject.key} ${(subject.id ?? 'without id').slice(0, 80)}` };
    const changes = customers.map((before) => ({ before, after: { ...before, ...brought } })).filter(({ before, after }) => !same(before, after));
    for (const { after } of changes) check(resource, { ...after, href: resource.href });
    for (const { after } of changes) unit.save('customer', after, { correlationId });
    return changes.length > 0 ? { changed: changes.map(({ after }) => ({ id: after.id, '@referredType': 'Customer' })) } : { ignored: 'it says what is kept already' };
  };
}

export const commandsOf = (apis: readonly Api[]): Readonly<Record<NotificationRule['command'], Command>> => ({ reportItemFulfilment, changeCustomer: changeCustomer(apis) });
