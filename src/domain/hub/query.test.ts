import { narrow, parseHubQuery, wants, type HubEvent } from './query';

const order = {
  id: 'o-1', href: '/o-1', '@type': 'ProductOrder', state: 'completed', priority: '1', orderDate: '2026-03-01T10:00:00.000Z', total: 12.5, urgent: true,
  relatedParty: [{ id: 'C-1', role: 'customer' }, { id: 'A-9', role: 'agent' }], productOrderItem: [{ id: '1', state: 'completed', quantity: 2 }, { id: '2', state: 'held', quantity: 5 }],
};
const event = (more: Partial<HubEvent> = {}): HubEvent => ({
  eventType: 'ProductOrderStateChangeEvent', vendor: false, quiet: false, resource: 'productOrder',
  envelope: { eventType: 'ProductOrderStateChangeEvent', correlationId: 'c-1', event: { productOrder: order } }, ...more,
});
const wanted = (query: string, more?: Partial<HubEvent>): boolean => wants(parseHubQuery(query), event(more));

it.each([
  ['', true], ['eventType=ProductOrderStateChangeEvent', true], ['eventType=ProductOrderCreateEvent', false], ['eventType=A,ProductOrderStateChangeEvent', true],
  ['event.productOrder.state=completed', true], ['event.productOrder.state=held,completed', true], ['event.productOrder.state=held', false],
  ['event.productOrder.state.ne=held', true], ['event.productOrder.state.ne=completed', false], ['event.productOrder.relatedParty.id=A-9', true],
  ['event.productOrder.relatedParty.id.ne=A-9', false], ['event.productOrder.total.gt=12', true], ['event.productOrder.total>12', true], ['event.productOrder.total%3E=12.5', true], ['event.productOrder.total<12', false], ['event.productOrder.state!=held', true], ['event.productOrder.total=12.50', true], ['event.productOrder.total.lt=12.5', false],
  ['event.productOrder.total.lte=12.5', true], ['event.productOrder.total.gt=x', false], ['event.productOrder.urgent=true', true], ['event.productOrder.orderDate.gte=2026-03-01', true],
  ['event.productOrder.orderDate.lt=2026-03-01T11:00:00%2B02:00', false], ['event.productOrder.productOrderItem.quantity.gte=5', true], ['event.productOrder.missing=1', false],
  ['event.productOrder.missing.ne=1', true], ['correlationId=c-1', true], ['event.productOrder.state=completed&correlationId=other', false],
  ["filter=$.event.productOrder.relatedParty[?(@.role=='customer' && @.id=='C-1')]", true], ["filter=$.event.productOrder.relatedParty[?(@.role=='agent' && @.id=='C-1')]", false],
  ['filter=$.event.productOrder.productOrderItem[?(@.quantity>=5 || @.state=="none")]', true], ['filter=$..productOrderItem[?(!(@.quantity<5))]', true],
  ["filter=$.event[?(@.state=='completed')]", true], ['filter=$.event.productOrder.productOrderItem[1]', true], ['filter=$.event.productOrder.productOrderItem[2]', false],
  ["filter=$['event']['productOrder'].relatedParty[*].id", true], ["filter=$.event.productOrder.relatedParty[?(@.id!='C-1')]", true], ['filter=$.event.productOrder.nothing', false],
  ["filter=$.event.productOrder[?(@.name=='a%26b')]&event.productOrder.state=completed", false],
])('%s: %s', (query, result) => expect(wanted(query)).toBe(result));

it('sends events that no document names, and automatic draws, only where the query names them', () => {
  for (const more of [{ vendor: true }, { quiet: true }]) {
    expect(wanted('', more)).toBe(false);
    expect(wanted('event.productOrder.state=completed', more)).toBe(false);
    expect(wanted('eventType=ProductOrderStateChangeEvent', more)).toBe(true);
  }
});

it('narrows the resource to the fields asked for, with id, href and @type', () => {
  const narrowed = (query: string) => narrow(parseHubQuery(query), 'productOrder', event().envelope);
  expect(narrowed('fields=state,productOrderItem.state')).toEqual({
    ...event().envelope, event: { productOrder: { id: 'o-1', href: '/o-1', '@type': 'ProductOrder', state: 'completed', productOrderItem: [{ state: 'completed' }, { state: 'held' }] } },
  });
  expect(narrowed('fields=event.productOrder.total')).toMatchObject({ event: { productOrder: { total: 12.5 } } });
  expect(narrowed('fields=productOrderItem.id,productOrderItem.quantity')).toMatchObject({ event: { productOrder: { productOrderItem: [{ id: '1', quantity: 2 }, { id: '2', quantity: 5 }] } } });
});

it.each(['filter=state', 'filter=$.a[', "filter=$.a[?(@.b=='x)]", 'filter=$.a[?(@.b==)]', 'filter=$.a[?(@.b==1]', 'filter=$.a b', `filter=$${'.a'.repeat(40)}`,
  `filter=$[?(${'('.repeat(60)}@.a${')'.repeat(60)})]`, '=x', 'a', `x=${'y'.repeat(3000)}`, Array.from({ length: 30 }, () => 'a=b').join('&')])(
  'refuses %s with the place', (query) => expect(() => parseHubQuery(query)).toThrow(expect.objectContaining({ code: 'HUB-03' })));
