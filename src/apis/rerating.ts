import { randomUUID } from 'node:crypto';
import { fault } from '../domain/fault';
import { bodyOf } from '../rest/handlers';
import type { Behaviour } from '../rest/types';
import type { Store } from '../store/store';
import { partitionKeys } from '../workers/partition';
import { reverseRating, type RatedUsage } from '../workers/rating/reverse';

const PAGE = 200;

type Criteria = { readonly product?: { readonly id?: string }; readonly productOfferingPrice?: { readonly id?: string }; readonly period?: { readonly startDateTime?: string; readonly endDateTime?: string } };

/**
 * Usage rated again after a wrong price or tariff: first everything is given back, then all of it is rated in the order it was used.
 * Usage on a bill stays as it is: what was wrong with it is a credit or charge on the next bill (R12).
 */
export const rerating: Behaviour = {
  async createReratingRun(request, unit) {
    const { product, productOfferingPrice, period } = bodyOf(request) as Criteria;
    if (!product?.id && !productOfferingPrice?.id && !(period?.startDateTime && period.endDateTime)) {
      throw fault('REQ-02', 'Name what is to be rated again: product.id, productOfferingPrice.id, or a period with startDateTime and endDateTime.');
    }
    const filter = {
      ...(product?.id ? { 'ratedProductUsage.productRef.id': product.id } : {}),
      ...(productOfferingPrice?.id ? { 'ratedProductUsage.productOfferingPrice.id': productOfferingPrice.id } : {}),
      ...(period ? { usageDate: { ...(period.startDateTime ? { $gte: period.startDateTime } : {}), ...(period.endDateTime ? { $lt: period.endDateTime } : {}) } } : {}),
    };
    const billed = await unit.store.count('usage', { ...filter, status: 'billed' });
    const reversed = await reverseAll(unit.store, filter, request.correlationId);
    const announced = await announceAll(unit.store, filter, request.correlationId);
    const run = {
      id: randomUUID(), ...(product ? { product } : {}), ...(productOfferingPrice ? { productOfferingPrice } : {}), ...(period ? { period } : {}),
      state: 'done', reversed, queued: announced, leftBilled: billed, creationDate: unit.now.toISOString(), '@type': 'ReratingRun',
    };
    return { status: 201, body: unit.save('reratingRun', run) };
  },
};

/** Gives back and marks, page by page; a page is one commit, so a run that was cut off goes on where it stopped. */
async function reverseAll(store: Store, filter: Readonly<Record<string, unknown>>, correlationId: string): Promise<number> {
  for (let count = 0; ;) {
    const page = await store.run(async (unit) => {
      const usages = await unit.list<RatedUsage>('usage', { ...filter, status: 'rated' }, { limit: PAGE, sort: [['usageDate', 1], ['_id', 1]] });
      await reverseRating(unit, usages);
      for (const { _counted: _gone, ...usage } of usages) unit.save('usage', { ...usage, status: 'rerated' }, { events: [] });
      return usages.length;
    }, { correlationId });
    count += page;
    if (page < PAGE) return count;
  }
}

/** Only when all is given back the usage is handed to rating, oldest first: allowances go to what was used first. */
async function announceAll(store: Store, filter: Readonly<Record<string, unknown>>, correlationId: string): Promise<number> {
  let last: { usageDate?: string; id: string } | undefined;
  for (let count = 0; ;) {
    const behind = last ? { $or: [{ usageDate: { $gt: last.usageDate } }, { usageDate: last.usageDate, _id: { $gt: last.id } }] } : {};
    const page = await store.run(async (unit) => {
      const usages = await unit.list<RatedUsage>('usage', { $and: [{ ...filter, status: 'rerated' }, behind] }, { limit: PAGE, sort: [['usageDate', 1], ['_id', 1]] });
      const keys = await partitionKeys(store, usages);
      for (const [at, usage] of usages.entries()) {
        unit.save('usage', usage, { partitionKey: keys[at]! });
        unit.announce('usage', usage.id, 'UsageStateChangeEvent');
      }
      return usages;
    }, { correlationId });
    count += page.length;
    last = page.at(-1);
    if (page.length < PAGE || !last) return count;
  }
}
