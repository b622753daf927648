import type { Contract, ContractPrice } from '../../domain/reconciliation/contract';
import type { HostContract, WholesalePrice } from './documents';

const priceOf = ({ service, direction, zone, destination, price, unitOfMeasure, firstIncrement, nextIncrement, validFor, statementOnly }: WholesalePrice): ContractPrice => ({
  service, price: price?.value ?? 0, per: unitOfMeasure ?? { amount: 1, units: service === 'voice' ? 'min' : service === 'sms' ? 'message' : 'MB' },
  ...(direction && { direction }), ...(zone !== undefined && { zone }), ...(destination && { destination }),
  ...(firstIncrement !== undefined && { increment: { first: firstIncrement, next: nextIncrement ?? firstIncrement } }),
  ...(validFor?.startDateTime !== undefined && { validFrom: validFor.startDateTime }), ...(validFor?.endDateTime !== undefined && { validTo: validFor.endDateTime }),
  ...(statementOnly !== undefined && { statementOnly }),
});

/** The contract as the comparison wants it. */
export function contractOf({ id, currency, timeZone, zone, price = [], lineFee, minimumPerMonth, claimTerm }: HostContract): Contract {
  return {
    host: id, currency, prices: price.map(priceOf),
    ...(timeZone !== undefined && { timeZone }),
    ...(zone && { zones: Object.fromEntries(zone.map(({ name, network = [] }) => [name, network])) }),
    ...(lineFee && { lineFee: lineFee.value }), ...(minimumPerMonth && { minimumPerMonth: minimumPerMonth.value }),
    ...(claimTerm && { claims: {
      ...(claimTerm.materiality && { materiality: claimTerm.materiality.value }), ...(claimTerm.deadlineDays !== undefined && { deadlineDays: claimTerm.deadlineDays }),
    } }),
  };
}
