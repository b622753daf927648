import { Decimal } from '../amount';
import type { TaxRule } from '../tax';
import { compileBand, compileScope, serviceOf } from './compileScope';
import { compileModel } from './compileModel';
import { flagOf, numberIn, valuesOf, wordOf } from './priceDocument';
import type { PriceDocument } from './priceDocument';
import type { Allowance, Increments, OnExhaustion, PriceRef, Reference, UsagePrice } from './tariff';
import { inSmallest } from './unit';
import type { UsageKind } from './unit';

/** What compiling one price looks things up in, and where it says what is wrong. */
export interface CompileContext {
  readonly reference: Reference;
  readonly report: (code: string, message: string) => undefined;
  /** Something was reported for this price already. */
  readonly failed: () => boolean;
}

const EXHAUSTION: readonly OnExhaustion[] = ['charge', 'block', 'throttle'];

export const refOf = ({ id, name, version }: PriceDocument): PriceRef => ({ id, ...(name !== undefined ? { name } : {}), ...(version !== undefined ? { version } : {}) });

/** A number of the smallest unit in a characteristic; undefined when the price lacks it, reported when it is none. */
function quantityIn(price: PriceDocument, name: string, context: CompileContext): Decimal | undefined {
  const [entry] = valuesOf(price, name);
  if (!entry) return undefined;
  const number = numberIn(entry.value ?? entry.valueFrom);
  if (!number || number.lt(0)) return context.report('badValue', `${name} is not a number of 0 or more.`);
  if (entry.unitOfMeasure === undefined) return number;
  return inSmallest(number, entry.unitOfMeasure, flagOf(price, 'decimalUnits')) ?? context.report('unknownUnit', `Unit '${entry.unitOfMeasure}' of ${name} is not known.`);
}

function incrementsOf(price: PriceDocument, context: CompileContext): Increments {
  const next = quantityIn(price, 'ratingIncrement', context);
  const first = quantityIn(price, 'ratingFirstIncrement', context);
  const sizes = { first: (first ?? next ?? new Decimal(1)).toNumber(), next: (next ?? new Decimal(1)).toNumber() };
  if (![sizes.first, sizes.next].every((size) => Number.isSafeInteger(size) && size > 0)) {
    context.report('badValue', 'Rating increments are not whole numbers of at least 1 second, octet or message.');
  }
  return sizes;
}

/** What the price says of tax; reported when its category has no rate at all. */
function taxRuleOf(price: PriceDocument, { reference, report }: CompileContext): TaxRule {
  const item = price.tax?.[0];
  if (item?.taxRate !== undefined) return { rate: item.taxRate, ...(item.taxCategory !== undefined ? { category: item.taxCategory } : {}) };
  if (item?.taxCategory === undefined) return {};
  if (!reference.taxRates.some((rate) => rate.category === item.taxCategory && rate.country === reference.country)) {
    report('unknownTaxCategory', `Tax category '${item.taxCategory}' has no rate for ${reference.country}.`);
  }
  return { category: item.taxCategory };
}

function amountIn(price: PriceDocument, name: string, context: CompileContext): Decimal | undefined {
  const [entry] = valuesOf(price, name);
  if (!entry) return undefined;
  const amount = numberIn(entry.value ?? entry.valueFrom);
  return amount && amount.gte(0) ? amount : context.report('badValue', `${name} is not an amount of 0 or more.`);
}

function scaleOf(price: PriceDocument, context: CompileContext): number {
  const scale = numberIn(valuesOf(price, 'ratingScale')[0]?.value ?? 6)?.toNumber() ?? -1;
  if (!Number.isInteger(scale) || scale < 0 || scale > 12) context.report('badValue', 'ratingScale is not a number of decimals from 0 to 12.');
  return scale;
}

/** A usage price made ready, tiers taken from its children; undefined when it cannot be rated, which is then reported. */
export function compileUsagePrice(price: PriceDocument, children: readonly PriceDocument[], context: CompileContext): UsagePrice | undefined {
  const service: UsageKind | undefined = serviceOf(price, price.unitOfMeasure?.units ?? children[0]?.unitOfMeasure?.units, context);
  if (!service) return undefined;
  const scope = compileScope(price, service, context);
  const band = compileBand(price, context);
  const model = compileModel(price, children, service, context);
  const maxCharge = amountIn(price, 'maxCharge', context);
  const compiled = {
    ref: refOf(price),
    increments: incrementsOf(price, context),
    connectFee: amountIn(price, 'connectFee', context) ?? new Decimal(0),
    scale: scaleOf(price, context),
    includesTax: flagOf(price, 'priceIncludesTax'),
    tax: taxRuleOf(price, context),
    offerTariffType: wordOf(price, 'offerTariffType') ?? 'normal',
    ...(maxCharge ? { maxCharge } : {}), ...(band ? { band } : {}),
  };
  return scope && model && !context.failed() ? { ...compiled, scope, model } : undefined;
}

/** An allowance price made ready; undefined when its terms cannot be kept, which is then reported. */
export function compileAllowance(price: PriceDocument, context: CompileContext): Allowance | undefined {
  const { amount, units } = price.unitOfMeasure ?? {};
  if (amount === undefined || units === undefined) return context.report('missingCharacteristic', 'The allowance does not say how much is included. Add unitOfMeasure, such as {amount 5, units GB}.');
  const service = serviceOf(price, units, context);
  const scope = service && compileScope(price, service, context);
  const included = inSmallest(new Decimal(amount), units, flagOf(price, 'decimalUnits'));
  const said = wordOf(price, 'onExhaustion');
  const onExhaustion = EXHAUSTION.find((one) => one === said);
  if (said !== undefined && !onExhaustion) context.report('badValue', `onExhaustion '${said}' is not known. Use charge, block or throttle.`);
  const memberCap = quantityIn(price, 'memberCap', context)?.toNumber();
  const priority = numberIn(valuesOf(price, 'priority')[0]?.value ?? 100)?.toNumber();
  if (priority === undefined) context.report('badValue', 'priority is not a number.');
  const increments = incrementsOf(price, context);
  const tax = taxRuleOf(price, context);
  if (!scope || !included || context.failed()) return undefined;
  return {
    ref: refOf(price), scope, amount: included, increments, tax, priority: priority ?? 100,
    ...(onExhaustion ? { onExhaustion } : {}), ...(memberCap !== undefined ? { memberCap } : {}),
  };
}
