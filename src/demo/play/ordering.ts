import { named } from '../generate/catalogue';
import { iso } from '../generate/dublin';
import { ORDERS, PRODUCTS, TOPUPS, productIs, type Doer } from './doing';
import { at, until, type Client, type Resource } from './http';

const ENDED = ['completed', 'failed', 'partial', 'rejected', 'cancelled'];
const YEAR_MS = 365 * 86_400_000;
const PORTS = at('trunkline', 'numberPort');

const orderIs = (client: Client, id: string, states: readonly string[]): Promise<Resource> => {
  let order: Resource | undefined;
  return until(`order ${id} is ${states.join(' or ')}`, async () => {
    order = (await client.get(`${ORDERS}/${id}`)).body as Resource;
    return states.includes(String(order['state']));
  }).then(() => order!);
};

export const order: Doer<'order'> = async (step, { client, directory, done }) => {
  const items = await directory.resolved(step.items);
  const account = await directory.resolved(named(step.account, 'BillingAccount'));
  const customer = await directory.resolved(named(step.customer, 'Customer'));
  const body = {
    externalId: step.key, category: 'mobile', description: step.key, productOrderItem: items, billingAccount: account, relatedParty: [{ ...customer, name: step.customer, role: 'customer' }],
  };
  const id = done.orders.get(step.key) ?? (await client.post(ORDERS, body, `demo ${step.key}`)).id;
  done.orders.set(step.key, id);
  const made = await orderIs(client, id, step.waits ? [...ENDED, 'pending', 'held'] : ENDED);
  if (step.waits) await donorSays(client, id, ['scheduled', 'rejectedByDonor', 'executed']);
  else if (made['state'] !== 'completed') throw new Error(`${step.key} is ${String(made['state'])}: ${JSON.stringify(made['note'])}`);
};

export const topup: Doer<'topup'> = async (step, { client, directory }) => {
  const made = await client.post(TOPUPS, {
    description: step.key, usageType: 'monetary', amount: { amount: step.amount, units: step.currency }, bucket: { id: step.bucket, name: 'main balance' },
    partyAccount: await directory.resolved(named(step.account, 'BillingAccount')), validFor: { startDateTime: iso(step.at), endDateTime: iso(step.at + YEAR_MS) },
  }, `demo ${step.key}`);
  if (made['status'] !== 'completed') throw new Error(`${step.key} is ${String(made['status'])}: ${String(made['reason'])}`);
  if (step.mends !== undefined) await productIs(client, step.mends, 'active');
};

interface Item {
  readonly product?: { readonly productCharacteristic?: readonly { readonly name: string; readonly value: string }[] };
}

const accountIn = (items: readonly Item[]): string | undefined => items.flatMap(({ product }) => product?.productCharacteristic ?? []).find(({ name }) => name === 'portInAccount')?.value;

const withAccount = (items: readonly Item[], value: string): Item[] => items.map(({ product, ...item }) => ({
  ...item, ...(product ? { product: { ...product, productCharacteristic: (product.productCharacteristic ?? []).map((one) => (one.name === 'portInAccount' ? { ...one, value } : one)) } } : {}),
}));

/** Until the donor said through the clearing house what it does with the number. */
const donorSays = (client: Client, orderId: string, states: readonly string[]): Promise<void> => until(`the donor of order ${orderId} answers through the clearing house (CLEARING_HOUSE_URL of the servers)`, async () => {
  const [asked] = await client.list(`${PORTS}?productOrder.id=${orderId}&fields=state`);
  return asked !== undefined && states.includes(String(asked['state']));
});

/** Numbers arrive, or were refused until the customer mends the order. */
export const port: Doer<'port'> = async ({ order: key, mended }, { client, done }) => {
  const id = done.orders.get(key);
  if (id === undefined) throw new Error(`there is no order '${key}'`);
  if (mended === undefined) {
    await orderIs(client, id, ['completed']);
    return;
  }
  const { productOrderItem: items } = (await client.get(`${ORDERS}/${id}`)).body as { readonly productOrderItem: readonly Item[] };
  if (accountIn(items) !== mended) {
    await orderIs(client, id, ['held']);
    await client.patch(`${ORDERS}/${id}`, { productOrderItem: withAccount(items, mended) });
  }
  await donorSays(client, id, ['scheduled']);
  await orderIs(client, id, ['pending']);
};

export const portOut: Doer<'portOut'> = async ({ key, msisdn, product }, { client }) => {
  await client.post(PORTS, { direction: 'out', msisdn, recipient: 'Southcell', externalId: key }, `demo ${key}`);
  await productIs(client, product, 'terminated');
};

export const customer: Doer<'customer'> = async (step, { client, directory }) => {
  const id = await directory.find('customerManagement', 'customer', step.customer);
  await client.patch(`${at('customerManagement', 'customer')}/${id}`, { status: step.status });
  await until(`the products of ${step.customer} are ${step.status}`, async () =>
    (await client.list(`${PRODUCTS}?relatedParty.id=${id}&fields=status`)).every(({ status }) => status === step.status || status === 'terminated'));
};

const WEEK_MS = 7 * 86_400_000;

/** Until every prepaid plan that is due was renewed, suspended for want of money, or ended after a week of that. */
export const wait: Doer<'wait'> = (step, { client }) => until('plans that are due are renewed, suspended or ended', async () => {
  const products = await client.list(`${PRODUCTS}?fields=status,productCharacteristic`);
  return products.every(({ status, productCharacteristic = [] }) => {
    const text = (productCharacteristic as readonly { name: string; value: string }[]).find(({ name }) => name === 'renewalDate')?.value;
    const due = text === undefined ? Infinity : Date.parse(text);
    return (status !== 'active' || due > step.at) && (status !== 'suspended' || due + WEEK_MS > step.at);
  });
});
