import { at } from '../play/http';

/** Requests that show what the demo left behind; each works as it stands. */
export const tryLines = async (url: string): Promise<string[]> => Promise.resolve([
  `curl '${url}${at('productCatalogManagement', 'productOffering')}?fields=name,description'`,
  `curl '${url}${at('usageManagement', 'usage')}?status=rejected&limit=3'`,
  `curl '${url}${at('prepayBalanceManagement', 'bucket')}?usageType=monetary&fields=name,remainingValue'`,
  `curl '${url}${at('customerBillManagement', 'customerBill')}?sort=-taxIncludedAmount.value&limit=1'`,
  `curl '${url}${at('trunkline', 'reconciliationItem')}?status=open&sort=-claim.value&limit=3'`,
]);
