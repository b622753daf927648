import { Decimal, decimal } from '../amount';
import type { CompileContext } from './compilePrice';
import { flagOf, numberIn, valuesOf } from './priceDocument';
import type { PriceDocument } from './priceDocument';
import type { PriceModel, Tier } from './tariff';
import { SMALLEST_UNIT, inSmallest } from './unit';
import type { UsageKind } from './unit';

/** The price and what it buys, in the smallest unit. */
function unitPrice(price: PriceDocument, context: CompileContext): { readonly price: Decimal; readonly per: Decimal } | undefined {
  const name = price.name ?? price.id;
  const { value } = price.price ?? {};
  if (value === undefined) return context.report('missingCharacteristic', `'${name}' has no price. Add price {unit, value}; a free price says 0.`);
  if (value < 0) return context.report('badValue', `'${name}' has a price below 0.`);
  const { amount, units } = price.unitOfMeasure ?? {};
  if (units === undefined) return context.report('missingCharacteristic', `'${name}' does not say what its price buys. Add unitOfMeasure, such as {amount 1, units min}.`);
  const per = inSmallest(decimal(amount ?? 1), units, flagOf(price, 'decimalUnits'));
  if (!per) return context.report('unknownUnit', `Unit '${units}' of '${name}' is not known. Use s, min, h, message, KB, MB or GB.`);
  if (per.lte(0)) return context.report('badValue', `'${name}' has a unitOfMeasure of nothing.`);
  return { price: decimal(value), per };
}

function tierOf(child: PriceDocument, service: UsageKind, context: CompileContext): Tier | undefined {
  const name = child.name ?? child.id;
  const [range] = valuesOf(child, 'usageTier');
  if (!range) return context.report('missingCharacteristic', `'${name}' does not say which tier it is for. Add usageTier {valueFrom, valueTo, unitOfMeasure}.`);
  if (range.rangeInterval !== undefined && range.rangeInterval !== 'closedTop') {
    return context.report('badValue', `The tier of '${name}' has rangeInterval '${range.rangeInterval}'. Tiers are closedTop: from is outside, to is inside.`);
  }
  const bound = (value: number) => inSmallest(decimal(value), range.unitOfMeasure ?? SMALLEST_UNIT[service], flagOf(child, 'decimalUnits'));
  const from = bound(range.valueFrom ?? 0);
  const to = range.valueTo === undefined ? undefined : bound(range.valueTo);
  if (!from || (range.valueTo !== undefined && !to)) return context.report('unknownUnit', `Unit '${String(range.unitOfMeasure)}' of the tier of '${name}' is not known.`);
  const [flatEntry] = valuesOf(child, 'tierFlatAmount');
  const flat = flatEntry ? numberIn(flatEntry.value ?? flatEntry.valueFrom) : new Decimal(0);
  if (!flat || flat.lt(0)) return context.report('badValue', `tierFlatAmount of '${name}' is not an amount of 0 or more.`);
  const unit = unitPrice(child, context);
  return unit && { from, ...(to ? { to } : {}), ...unit, flat };
}

/** Tiers must start at 0, meet each other and leave nothing above without a price. */
function checkTiers(tiers: readonly Tier[], service: UsageKind, context: CompileContext): void {
  const unit = SMALLEST_UNIT[service];
  let reached = new Decimal(0);
  for (const [index, { from, to }] of tiers.entries()) {
    const last = index === tiers.length - 1;
    if (to && to.lte(from)) context.report('badValue', `A tier ends at ${to.toString()} ${unit}s, not after its start.`);
    if (from.gt(reached)) context.report('tierGap', `No tier covers ${reached.toString()} to ${from.toString()} ${unit}s. Bounds are (from, to]: the next tier starts where the one before ends.`);
    if (from.lt(reached) || (!to && !last)) context.report('tierOverlap', `Two tiers cover the usage after ${from.toString()} ${unit}s.`);
    if (last && to) context.report('tierGap', `No tier covers more than ${to.toString()} ${unit}s. Leave out valueTo of the last tier.`);
    reached = to ?? reached;
  }
}

/** The price model that the price's algorithm names, per unit where it names none; undefined and reported when it is not sound. */
export function compileModel(price: PriceDocument, children: readonly PriceDocument[], service: UsageKind, context: CompileContext): PriceModel | undefined {
  const algorithm = price.pricingLogicAlgorithm?.[0];
  const name = algorithm && (algorithm.name ?? algorithm.plaSpecId ?? '').toLowerCase();
  if (name === undefined) {
    const unit = unitPrice(price, context);
    return unit && { kind: 'perUnit', ...unit };
  }
  if (name === 'package' || name === 'packaged') {
    if (children.length > 1) return context.report('badValue', 'A package has one child price at most.');
    const unit = unitPrice(children[0] ?? price, context);
    return unit && { kind: 'packaged', price: unit.price, size: unit.per };
  }
  if (name !== 'graduated' && name !== 'volume') return context.report('unknownAlgorithm', `Pricing logic '${name}' is not known. Use graduated, volume or package.`);
  if (children.length === 0) return context.report('missingPrice', `The ${name} price has no tiers. Name their prices in bundledPopRelationship.`);
  const tiers = children.map((child) => tierOf(child, service, context));
  if (context.failed()) return undefined;
  const ordered = tiers.flatMap((tier) => tier ?? []).sort((a, b) => a.from.comparedTo(b.from));
  checkTiers(ordered, service, context);
  return { kind: name, tiers: ordered };
}
