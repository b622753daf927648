import type { Command } from 'commander';
import type { AppliedCustomerBillingRate } from '../domain/bill/charge';
import type { CustomerBill } from '../domain/billRun';
import { createClock } from '../clock';
import { readApis } from '../main';
import { openStore, type Store } from '../store/store';
import { withDatabase } from './database';

const ACCOUNT = { id: 'kit-account', name: 'Account of the conformance kit', '@referredType': 'BillingAccount' };
const BILL = 'kit-bill';
const euro = (value: number) => ({ unit: 'EUR', value });

/**
 * Keeps one bill, new and complete, with its rate: what TM Forum's TMF678 kit wants to find and has no way to make. Done again it puts
 * the bill back to new.
 */
export async function seedKit(store: Store, now: Date): Promise<void> {
  const at = now.toISOString();
  const period = { startDateTime: new Date(now.getTime() - 30 * 86_400_000).toISOString(), endDateTime: at };
  const bill: CustomerBill = {
    id: BILL, '@type': 'CustomerBill', billNo: 'KIT-00000001', billDate: at, lastUpdate: at, billingPeriod: period, category: 'normal', runType: 'onCycle', state: 'new',
    paymentDueDate: new Date(now.getTime() + 14 * 86_400_000).toISOString(), billingAccount: ACCOUNT, relatedParty: [{ id: 'kit-customer', name: 'Customer of the conformance kit', role: 'customer', '@referredType': 'Customer' }],
    taxExcludedAmount: euro(10), taxItem: [{ taxCategory: 'standard', taxRate: 23, taxAmount: euro(2.3) }], taxIncludedAmount: euro(12.3), amountDue: euro(12.3), remainingAmount: euro(12.3), appliedPayment: [],
    billDocument: [{ id: `${BILL}-document`, name: 'KIT-00000001.html', attachmentType: 'bill', mimeType: 'text/html', url: `/trunkline/v1/billDocument/${BILL}`, '@type': 'Attachment' }],
  };
  const rate: AppliedCustomerBillingRate = {
    id: 'kit-rate', '@type': 'AppliedCustomerBillingRate', name: 'Monthly fee', type: 'appliedBillingCharge', date: at, isBilled: true, bill: { id: BILL, '@referredType': 'CustomerBill' }, periodCoverage: period,
    taxExcludedAmount: euro(10), taxIncludedAmount: euro(12.3), appliedTax: [{ taxCategory: 'standard', taxRate: 23, taxAmount: euro(2.3) }], characteristic: [{ name: 'priceIncludesTax', valueType: 'boolean', value: false }],
  };
  await store.run(async (unit) => {
    await Promise.all([unit.get('customerBill', BILL), unit.get('appliedCustomerBillingRate', rate.id)]);
    unit.save('customerBill', bill);
    unit.save('appliedCustomerBillingRate', rate, { events: [] });
  });
}

/** `trunkline seed kit`: what the conformance kits need and cannot make. */
export function registerSeed(program: Command): void {
  program.command('seed').description('documents to try things on').command('kit')
    .description("one bill and one rate for TM Forum's TMF678 kit")
    .action(() => withDatabase(async ({ uri, database, config }) => {
      const resources = (await readApis(config)).flatMap((api) => api.resources);
      const store = await openStore({ uri, resources, clock: createClock(), ...(database ? { database } : {}) });
      try {
        await seedKit(store, store.clock.now());
        process.stdout.write('One bill and one rate are there for the TMF678 kit.\n');
      } finally {
        await store.close();
      }
    }));
}
