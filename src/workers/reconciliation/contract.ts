import { fault } from '../../domain/fault';
import type { Contract, ContractPrice } from '../../domain/reconciliation/contract';
import { flagOf, numberIn, type PriceDocument, wordOf, wordsOf } from '../../domain/rating/priceDocument';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';
import type { HostContract, WholesalePrice } from './documents';

const UNIT = { voice: 'min', sms: 'message', data: 'MB' } as const;

const priceOf = ({ service, direction, zone, destination, price, unitOfMeasure, firstIncrement, nextIncrement, validFor, statementOnly }: WholesalePrice): ContractPrice => ({
  service, price: price?.value ?? 0, per: unitOfMeasure ?? { amount: 1, units: UNIT[service] },
  ...(direction && { direction }), ...(zone !== undefined && { zone }), ...(destination && { destination }),
  ...(firstIncrement !== undefined && { increment: { first: firstIncrement, next: nextIncrement ?? firstIncrement } }),
  ...(validFor?.startDateTime !== undefined && { validFrom: validFor.startDateTime }), ...(validFor?.endDateTime !== undefined && { validTo: validFor.endDateTime }),
  ...(statementOnly !== undefined && { statementOnly }),
});

/** What of a wholesale catalogue (TMF620) goes into a contract: prices of usage, the fee per line, the minimum per month. */
export type Catalogued = Partial<Pick<Contract, 'lineFee' | 'minimumPerMonth'>> & { readonly prices: readonly ContractPrice[] };

const SERVICES: readonly string[] = ['voice', 'sms', 'data'];
export const WHOLESALE_PRICE = 'wholesale';

/**
 * Product offering prices of type wholesale as contract prices. Characteristics: service (voice, sms, data, line, commitment), callDirection,
 * roamingZone, destination (beginnings of numbers), ratingFirstIncrement, ratingIncrement, statementOnly. @throws Fault REC-05
 */
export function cataloguedPrices(documents: readonly PriceDocument[], currency: string): Catalogued {
  const found = { prices: [] as ContractPrice[] } as { prices: ContractPrice[]; lineFee?: number; minimumPerMonth?: number };
  for (const document of documents.filter(({ priceType }) => priceType === WHOLESALE_PRICE)) {
    const wrong = (message: string) => fault('REC-05', `Wholesale price ${document.name ?? document.id}: ${message}`);
    const service = wordOf(document, 'service') ?? '';
    const { value, unit = currency } = document.price ?? {};
    if (value === undefined) throw wrong('it has no amount. Add price, such as {unit EUR, value 0.012}.');
    if (unit !== currency) throw wrong(`it is in ${unit}, the contract in ${currency}. Give all of it in one currency.`);
    if (service === 'line') found.lineFee = value;
    else if (service === 'commitment') found.minimumPerMonth = value;
    else if (SERVICES.includes(service)) found.prices.push(usagePriceOf(document, service as ContractPrice['service'], value));
    else throw wrong(`its characteristic service is '${service}'. Use voice, sms, data, line or commitment.`);
  }
  return found;
}

function usagePriceOf(document: PriceDocument, service: ContractPrice['service'], price: number): ContractPrice {
  const { unitOfMeasure = {}, validFor } = document;
  const direction = wordOf(document, 'callDirection');
  const zone = wordOf(document, 'roamingZone');
  const destination = wordsOf(document, 'destination');
  const increment = (name: string) => numberIn(wordOf(document, name))?.toNumber();
  const first = increment('ratingFirstIncrement') ?? increment('ratingIncrement');
  return {
    service, price, per: { amount: unitOfMeasure.amount ?? 1, units: unitOfMeasure.units ?? UNIT[service] },
    ...((direction === 'incoming' || direction === 'outgoing') && { direction }), ...(zone !== undefined && { zone }), ...(destination.length > 0 && { destination }),
    ...(first !== undefined && { increment: { first, next: increment('ratingIncrement') ?? first } }),
    ...(validFor?.startDateTime !== undefined && { validFrom: validFor.startDateTime }), ...(validFor?.endDateTime !== undefined && { validTo: validFor.endDateTime }),
    ...(flagOf(document, 'statementOnly') && { statementOnly: true }),
  };
}

/** The contract as the comparison wants it: what stands in it, and what its wholesale catalogue adds. */
export function contractOf({ id, currency, timeZone, zone, price = [], lineFee, minimumPerMonth, claimTerm }: HostContract, catalogued: Catalogued = { prices: [] }): Contract {
  const [fee, minimum] = [lineFee?.value ?? catalogued.lineFee, minimumPerMonth?.value ?? catalogued.minimumPerMonth];
  return {
    host: id, currency, prices: [...price.map(priceOf), ...catalogued.prices],
    ...(timeZone !== undefined && { timeZone }),
    ...(zone && { zones: Object.fromEntries(zone.map(({ name, network = [] }) => [name, network])) }),
    ...(fee !== undefined && { lineFee: fee }), ...(minimum !== undefined && { minimumPerMonth: minimum }),
    ...(claimTerm && { claims: {
      ...(claimTerm.materiality && { materiality: claimTerm.materiality.value }), ...(claimTerm.deadlineDays !== undefined && { deadlineDays: claimTerm.deadlineDays }),
    } }),
  };
}

interface Offering extends Doc {
  readonly productOfferingPrice?: readonly { readonly id?: string }[];
}

/** The contract of a kept document with the prices of the offering that it names. @throws Fault REC-05 when that is not there or not right */
export async function wholeContract(store: Store, document: HostContract): Promise<Contract> {
  const { productOffering, currency } = document;
  if (!productOffering) return contractOf(document);
  const offering = await store.read<Offering>('productOffering', productOffering.id);
  if (!offering) throw fault('REC-05', `There is no productOffering '${productOffering.id.slice(0, 80)}'. Create the wholesale catalogue first, or give the prices in the contract.`);
  const prices = await store.readMany<PriceDocument>('productOfferingPrice', (offering.doc.productOfferingPrice ?? []).flatMap(({ id }) => id ?? []));
  return contractOf(document, cataloguedPrices(prices.map(({ doc }) => doc), currency));
}
