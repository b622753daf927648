import { characteristic, identityIntervals, isPrepaid } from '../product';
import type { Product } from '../product';
import type { Refused, UsageFacts } from '../usage';
import type { RatableProduct } from './rating';

const holds = (product: Product, name: string, value: string, at: number): boolean => identityIntervals(product).some((identity) =>
  identity.name === name && identity.value.replace(/^\+/, '') === value
  && (identity.validFor.startDateTime === undefined || Date.parse(identity.validFor.startDateTime) <= at)
  && (identity.validFor.endDateTime === undefined || at < Date.parse(identity.validFor.endDateTime)));

/**
 * Whose usage it is (R27): the product that had the IMSI at that date, else the one that had the MSISDN. `candidates` are all products
 * that ever had one of the two. Refused: noProduct, and identityConflict when both lead to products that differ.
 */
export function guide<P extends Product>({ imsi, msisdn, usageAt, usageDate }: Pick<UsageFacts, 'imsi' | 'msisdn' | 'usageAt' | 'usageDate'>, candidates: readonly P[]): P | Refused {
  const byImsi = imsi === undefined ? undefined : candidates.find((product) => holds(product, 'imsi', imsi, usageAt));
  const byMsisdn = msisdn === undefined ? undefined : candidates.find((product) => holds(product, 'msisdn', msisdn, usageAt));
  if (byImsi && byMsisdn && byImsi.id !== byMsisdn.id) {
    return { reason: 'identityConflict', message: `At ${usageDate} IMSI ${String(imsi)} was product ${byImsi.id}, MSISDN ${String(msisdn)} product ${byMsisdn.id}.` };
  }
  const named = [imsi === undefined ? '' : `IMSI ${imsi}`, msisdn === undefined ? '' : `MSISDN ${msisdn}`].filter(Boolean).join(' or ');
  return byImsi ?? byMsisdn ?? { reason: 'noProduct', message: `No product had ${named} at ${usageDate}.` };
}

/** A product of the inventory (TMF637) as rating sees it. Suspended without a date in characteristic `suspendedSince`: for all its life. */
export function ratableProduct(product: Product): RatableProduct {
  const { id, name, startDate, terminationDate, status } = product;
  const suspendedSince = status === 'suspended' ? characteristic(product, 'suspendedSince') ?? startDate ?? '1970-01-01T00:00:00Z' : undefined;
  return {
    id, paymentType: isPrepaid(product) ? 'prepaid' : 'postpaid',
    ...(name !== undefined ? { name } : {}), ...(startDate !== undefined ? { startDate } : {}),
    ...(terminationDate !== undefined ? { terminationDate } : {}), ...(suspendedSince !== undefined ? { suspendedSince } : {}),
  };
}
