import type { BillingAccount } from '../domain/bill/charge';
import { fault } from '../domain/fault';
import type { ProductOffering, OfferedPrice } from '../domain/ordering/documents';
import { renewalFrom, repriced } from '../domain/ordering/reprice';
import { isPrepaid, type Product } from '../domain/product';
import { accountPeriod } from '../domain/proration';
import type { Behaviour } from '../rest/types';
import { readPrices } from '../store/catalogue';
import type { Doc } from '../store/codec';
import { readReference } from '../store/reference';
import type { UnitOfWork } from '../store/unitOfWork';
import { numberRules, type NumberRules } from '../workers/identity';
import { keepProduct } from '../workers/ordering/keep';
import type { BehaviourParts } from './index';

const PAGE = 100;
const DAY_MS = 86_400_000;
const NOTICE_DAYS = 30;

interface Order extends Doc {
  readonly productOffering: { readonly id: string };
  readonly effectiveDate: string;
  readonly noticeDate?: string;
  readonly noticeDays?: number;
  readonly dryRun?: boolean;
}

/** What one run brings to every product of an offering. */
interface Repricing {
  readonly offeringId: string;
  readonly effectiveDate: string;
  readonly dryRun: boolean;
  readonly numbers: NumberRules;
}

/** The catalogue's new prices for products sold before, after a notice (R19). They hold from the first period of each that begins on the day or later. */
export function repricing({ config }: BehaviourParts): Behaviour {
  const numbers = numberRules(config);
  return {
    async createRepricingRun(request, unit, generic) {
      const answer = await generic(request, unit);
      const order = answer.body as Order;
      const { offering, ...dates } = await checked(order, unit);
      const dryRun = order.dryRun === true;
      const tally = { changed: 0, unchanged: 0 };
      const terms = { offeringId: offering.id, effectiveDate: dates.effectiveDate, dryRun, numbers };
      // Page by page, a commit each: a run that was cut off is sent again, and finds what it changed unchanged.
      for (let after: string | undefined = ''; after !== undefined;) {
        const from: string = after;
        const page = await unit.store.run((own) => repricePage(own, terms, from), { correlationId: request.correlationId });
        tally.changed += page.changed;
        tally.unchanged += page.unchanged;
        after = page.last;
      }
      const productOffering = { id: offering.id, ...(offering.name && { name: offering.name }), '@referredType': 'ProductOffering' };
      const run = { ...order, productOffering, ...dates, dryRun, state: dryRun ? 'simulated' : 'done', ...tally, creationDate: unit.now.toISOString() };
      return { ...answer, body: unit.save('repricingRun', run) };
    },
  };
}

async function checked({ productOffering: { id }, effectiveDate, noticeDate, noticeDays = NOTICE_DAYS }: Order, unit: UnitOfWork) {
  const offering = await unit.get<ProductOffering>('productOffering', id);
  if (!offering) throw fault('ORD-04', `There is no product offering '${id.slice(0, 80)}'. List them at /tmf-api/productCatalogManagement/v4/productOffering.`);
  const told = new Date(noticeDate ?? unit.now);
  if (told > unit.now) throw fault('ORD-04', `noticeDate ${told.toISOString()} lies in the future. It is the day on which customers were told, today unless given.`);
  const earliest = new Date(Math.max(told.getTime() + noticeDays * DAY_MS, unit.now.getTime()));
  if (new Date(effectiveDate) < earliest) {
    throw fault('ORD-04', `effectiveDate ${effectiveDate} is too early: customers are told ${noticeDays} days ahead, so ${earliest.toISOString()} is the earliest. Another term is set by noticeDays.`);
  }
  return { offering, effectiveDate: new Date(effectiveDate).toISOString(), noticeDate: told.toISOString(), noticeDays };
}

async function repricePage(unit: UnitOfWork, { offeringId, effectiveDate, dryRun, numbers }: Repricing, after: string): Promise<{ readonly changed: number; readonly unchanged: number; readonly last?: string }> {
  const products = await unit.list<Product>('product', { 'productOffering.id': offeringId, status: { $in: ['active', 'suspended'] }, _id: { $gt: after } }, { limit: PAGE });
  const [offering, { timeZone }] = await Promise.all([unit.get<ProductOffering>('productOffering', offeringId), readReference(unit.store)]);
  const prices = await readPrices(unit, (offering?.productOfferingPrice ?? []).flatMap(({ id }) => id ?? []));
  const accounts = new Map((await unit.getMany<BillingAccount>('billingAccount', [...new Set(products.flatMap(({ billingAccount }) => billingAccount?.id ?? []))])).map((account) => [account.id, account]));
  let changed = 0;
  for (const product of products) {
    const next = withNewPrices(product, prices, accounts.get(product.billingAccount?.id ?? ''), effectiveDate, timeZone);
    if (!next) continue;
    changed += 1;
    if (dryRun) continue;
    await keepProduct(unit, next, numbers);
    unit.announce('product', product.id, 'ProductPriceNoticeEvent');
  }
  const last = products.at(-1)?.id;
  return { changed, unchanged: products.length - changed, ...(products.length === PAGE && last !== undefined && { last }) };
}

/** A period is never split: postpaid products change with their account's next period, prepaid ones with their next renewal. */
function withNewPrices(product: Product, prices: readonly OfferedPrice[], account: BillingAccount | undefined, effectiveDate: string, homeZone: string): Product | undefined {
  const zone = account?.timeZone ?? homeZone;
  const { startDateTime, endDateTime } = accountPeriod(account ?? {}, new Date(effectiveDate));
  const period = startDateTime === effectiveDate ? startDateTime : endDateTime;
  return repriced(product, prices, isPrepaid(product) ? renewalFrom(product, effectiveDate, zone) ?? effectiveDate : period, zone);
}
