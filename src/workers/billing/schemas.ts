import { same } from '../../store/event';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';

const text = { type: 'string' };
const number = { type: 'number' };
const yes = { type: 'boolean' };
const reference = { type: 'object', properties: { id: text, name: text, '@referredType': text } };
const quantity = { type: 'object', properties: { amount: number, units: text } };

/** What our own attributes are, so that others can read about them, ask for them and hold their documents to them. */
const SCHEMAS = [
  {
    id: 'RatedProductUsageDetail', appliesTo: ['Usage.ratedProductUsage'], description: 'What rating and billing add to a rated line of usage: how it was priced, who paid, and the bill line that it is a part of.',
    schema: { type: 'object', properties: {
      appliedCustomerBillingRate: reference, productOfferingPrice: reference, chargedQuantity: quantity, bucket: reference, drawnQuantity: quantity,
      zone: text, roamingZone: text, band: text, taxCategory: text, priceIncludesTax: yes, settledBy: { type: 'string', enum: ['bucket', 'bill'] }, afterSuspension: yes,
    } },
  },
  {
    id: 'TrunklineBillingAccount', appliesTo: ['BillingAccount'], description: 'What bills need to know of an account: its currency, clock, cycle day, rounding and terms of payment.',
    schema: { type: 'object', properties: {
      currency: text, timeZone: text, anchorDay: { type: 'integer', minimum: 1, maximum: 31 }, roundingMode: { type: 'string', enum: ['HALF_UP', 'HALF_EVEN'] }, paymentTermDays: { type: 'integer', minimum: 0, maximum: 365 },
    } },
  },
];

/** Registers the schemas of our own attributes; what is there and equal stays as it is. */
export const registerSchemas = (store: Store): Promise<void> => store.run(async (unit) => {
  for (const { schema, ...facts } of SCHEMAS) {
    const held = await unit.get<Doc>('extensionSchema', facts.id);
    const kept = { ...facts, name: facts.id, schema: JSON.stringify(schema), '@type': 'ExtensionSchema' };
    if (!held || !same(held, kept)) unit.save('extensionSchema', kept, { events: [], raced: true });
  }
});
