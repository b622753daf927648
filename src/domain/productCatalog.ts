import { compileAllowance, compileUsagePrice } from './rating/compilePrice';
import type { CompileContext } from './rating/compilePrice';
import { inherit, period } from './rating/priceDocument';
import type { PriceDocument } from './rating/priceDocument';
import { checkTariff } from './rating/tariffCheck';
import type { Allowance, PriceProblem, Reference, Scope, Tariff, UsagePrice } from './rating/tariff';
import { specificity } from './rating/timeBand';
import type { UsageKind } from './rating/unit';
import { zoneLookup } from './zone';
import type { ZoneLookup } from './zone';

/** A price that stands for itself, or a parent whose children are its tiers. */
interface Unfolded {
  readonly price: PriceDocument;
  readonly children: readonly PriceDocument[];
}

const overlaps = (a: PriceDocument, b: PriceDocument): boolean => {
  const [one, other] = [period(a.validFor), period(b.validFor)];
  return one.from < other.until && other.from < one.until;
};

/** Bundles taken apart: a parent with an algorithm keeps its children as tiers, one without only lends them what they leave out. */
function unfold(prices: readonly PriceDocument[], report: (price: PriceDocument, code: string, message: string) => void): Unfolded[] {
  const inBundle = new Set(prices.flatMap((price) => (price.bundledPopRelationship ?? []).map(({ id }) => id)));
  const childrenOf = (parent: PriceDocument): PriceDocument[] => (parent.bundledPopRelationship ?? []).flatMap(({ id }) => {
    const found = prices.filter((price) => price.id === id && overlaps(price, parent));
    if (found.length === 0) report(parent, 'missingPrice', `The price '${String(id)}' of the bundle is not among the prices.`);
    return found.map((child) => inherit(child, parent));
  });
  const open = (price: PriceDocument, above: readonly string[]): Unfolded[] => {
    if (above.includes(price.id)) {
      report(price, 'badValue', 'The bundle contains itself.');
      return [];
    }
    const children = childrenOf(price);
    if (!price.isBundle && children.length === 0) return [{ price, children: [] }];
    return price.pricingLogicAlgorithm?.[0] ? [{ price, children }] : children.flatMap((child) => open(child, [...above, price.id]));
  };
  return prices.filter(({ id }) => !inBundle.has(id)).flatMap((price) => open(price, []));
}

/** How narrow a scope is: a named destination beats a named visited zone beats a named direction. */
const narrowness = ({ destination, roaming, directions }: Scope): number => (destination ? 100 : 0) + (roaming ? 50 : 0) + (directions.size === 1 ? 25 : 0);

const rank = (price: UsagePrice): number => narrowness(price.scope) + specificity(price.band);

/** The most specific first; of equals the one that began later, so that an overlap still has one answer. */
const bySpecificity = (a: UsagePrice, b: UsagePrice): number =>
  rank(b) - rank(a) || (a.scope.from === b.scope.from ? (a.ref.id < b.ref.id ? -1 : 1) : a.scope.from < b.scope.from ? 1 : -1);

const lookups = ({ zoneTables }: Reference): Tariff['zoneOf'] => {
  const ready = new Map<string, ZoneLookup>();
  return (table, number, routingNumber) => {
    const kept = ready.get(table);
    if (kept) return kept(number, routingNumber);
    const found = zoneTables.find(({ id }) => id === table);
    const lookup = found ? zoneLookup(found) : () => undefined;
    ready.set(table, lookup);
    return lookup(number, routingNumber);
  };
};

/** Price types that are billed or renewed, not rated; wholesale ones are what a host charges us. */
const BILLED: ReadonlySet<string> = new Set(['oneTime', 'recurring', 'discount', 'penalty', 'wholesale']);

type Report = (price: PriceDocument, code: string, message: string) => undefined;

interface Compiled {
  readonly usagePrices: readonly UsagePrice[];
  readonly allowances: readonly Allowance[];
}

/** Each price on its own, in the order of the documents. */
function compileEach(prices: readonly PriceDocument[], reference: Reference, problems: readonly PriceProblem[], report: Report): Compiled {
  const usagePrices: UsagePrice[] = [];
  const allowances: Allowance[] = [];
  for (const { price, children } of unfold(prices, report)) {
    const before = problems.length;
    const context: CompileContext = { reference, report: (code, message) => report(price, code, message), failed: () => problems.length > before };
    if (price.priceType === 'usage') {
      const compiled = compileUsagePrice(price, children, context);
      if (compiled) usagePrices.push(compiled);
    } else if (price.priceType === 'allowance') {
      const compiled = compileAllowance(price, context);
      if (compiled) allowances.push(compiled);
    } else if (!BILLED.has(price.priceType ?? '')) {
      report(price, 'unknownPriceType', `priceType '${price.priceType ?? ''}' is not known. Use usage, allowance, ${[...BILLED].join(', ')}.`);
    }
  }
  return { usagePrices, allowances };
}

/**
 * All prices that one product agreed on (bundle parents, their children, all versions) as one tariff to rate with, and what in
 * them cannot be rated or is doubtful. A price with a problem is left out of the tariff; the others rate.
 */
export function compileTariff(prices: readonly PriceDocument[], reference: Reference): { readonly tariff: Tariff; readonly problems: readonly PriceProblem[] } {
  const problems: PriceProblem[] = [];
  const report: Report = ({ id, name }, code, message) => {
    problems.push({ code, price: { id, ...(name !== undefined ? { name } : {}) }, message });
    return undefined;
  };
  const { usagePrices, allowances } = compileEach(prices, reference, problems, report);
  problems.push(...checkTariff(usagePrices, allowances));

  const currencies = [...new Set(prices.flatMap(({ price }) => price?.unit ?? []))];
  if (currencies.length > 1) problems.push({ code: 'mixedCurrencies', message: `The prices are in ${currencies.join(' and ')}. One product is charged in one currency.` });
  // Without one currency there is no amount: nothing rates until the prices are mended.
  const ordered = currencies.length > 1 ? [] : [...usagePrices].sort(bySpecificity);
  const of = (kind: UsageKind) => ordered.filter(({ scope }) => scope.service === kind);
  const roaming = [...usagePrices, ...allowances].flatMap(({ scope }) => scope.roaming ?? []);
  const tariff: Tariff = {
    currency: currencies[0] ?? reference.currency,
    prices: { voice: of('voice'), sms: of('sms'), data: of('data') },
    allowances,
    roamingMatters: roaming.length > 0,
    roamingTables: [...new Set(roaming.map(({ table }) => table))],
    reference,
    zoneOf: lookups(reference),
    problems,
  };
  return { tariff, problems };
}
