import type { Payloads } from './types';

const EURO = { amount: 5, units: 'EUR' };
const ACCOUNT = { id: '{{mark}}-account', '@referredType': 'BillingAccount' };
const bucket = (name: string) => ({ id: `{{mark}}-${name}`, '@referredType': 'Bucket' });
const LATER = { endDateTime: '2099-01-01T00:00:00.000Z' };
const funded = (name: string) => ({ name, path: 'topupBalance', body: { amount: { amount: 1000, units: 'EUR' }, usageType: 'monetary', bucket: bucket(name), partyAccount: ACCOUNT, validFor: LATER } });
const ORDER = { productOrderItem: [{ id: '123', action: 'add' }], relatedParty: [{ id: '{{mark}}-party', '@referredType': 'Individual' }] };

/** An action takes effect at once and is over then: what it was is history, and what the server made of it stands in it. */
const ACTION: Payloads = {
  patch: null, state: null,
  except: { 'create.full': 'the server decides the outcome of an action and writes it into it' },
};

/**
 * Bodies for resources whose business rules a document does not tell, by API number and path; where TM Forum's own kits have a body, it
 * is in the spirit of theirs. All others are generated from the document.
 */
export const RECIPES: Readonly<Record<string, Payloads>> = {
  'tmf622/productOrder': {
    minimal: ORDER,
    full: {
      ...ORDER, description: '{{mark}} order', externalId: '{{mark}}-x', priority: '1', category: '{{mark}} category', requestedStartDate: '{{tomorrow}}',
      note: [{ text: '{{mark}} note', author: '{{mark}}' }], channel: [{ id: '{{mark}}-shop', name: 'Shop' }],
    },
  },
  'tmf622/cancelProductOrder': {
    needs: [{ name: 'order', path: 'productOrder', each: true, body: { ...ORDER, requestedStartDate: '{{tomorrow}}' } }],
    minimal: { productOrder: { id: '{{order}}', '@referredType': 'ProductOrder' } },
    full: { productOrder: { id: '{{order}}', '@referredType': 'ProductOrder' }, cancellationReason: '{{mark}} reason', requestedCancellationDate: '{{date}}' },
  },
  'tmf635/usage': {
    minimal: { usageSpecification: { id: '{{mark}}-specification' } },
    full: {
      usageType: '{{mark}}-type', description: '{{mark}} usage', usageDate: '2026-01-01T00:00:00.000Z', usageSpecification: { id: '{{mark}}-specification', name: 'Any' },
      usageCharacteristic: [{ name: '{{mark}}-c', value: 'one', valueType: 'string' }], relatedParty: [{ id: '{{mark}}-party', '@referredType': 'Individual', role: 'user' }],
    },
  },
  'tmf654/topupBalance': { ...ACTION, minimal: { amount: EURO, usageType: 'monetary', bucket: bucket('topup'), partyAccount: ACCOUNT, validFor: LATER } },
  'tmf654/adjustBalance': { ...ACTION, needs: [funded('adjust')], minimal: { amount: EURO, usageType: 'monetary', bucket: bucket('adjust') } },
  'tmf654/reserveBalance': { ...ACTION, needs: [funded('reserve')], minimal: { amount: EURO, usageType: 'monetary', bucket: bucket('reserve'), partyAccount: ACCOUNT } },
  'tmf654/transferBalance': {
    ...ACTION, needs: [funded('from'), funded('to')],
    minimal: {
      amount: EURO, usageType: 'monetary', bucket: bucket('from'), reason: '{{mark}} gift', channel: { id: '{{mark}}-app' }, logicalResource: [{ id: '{{mark}}-1' }],
      receiverBucket: bucket('to'), receiverBucketUsageType: 'monetary', receiverLogicalResource: { id: '{{mark}}-2' },
    },
  },
  'tmf678/customerBillOnDemand': { minimal: { billingAccount: { id: '{{mark}}-account', '@referredType': 'BillingAccount' } } },
};
