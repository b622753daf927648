import { Decimal } from '../amount';
import { memberKey, onExhaustion, unitSources } from './allowance';
import type { UnitSource } from './allowance';
import { draw } from './bucketDraw';
import { counts } from './charge';
import { explain } from './explain';
import { sliceOf } from './increments';
import type { Slice } from './increments';
import { chargedLine, includedLine, line, paidLine, portions, rateOfTax, taxedPortion, tierKey } from './lines';
import type { Portion, Priced, TaxedPortion } from './lines';
import { fits, placeOf, reaches, unknownDestination, unknownNetwork } from './place';
import type { Place, Refusal } from './place';
import type { BucketDraw, CounterIncrement, Notice, RateInput, RatedLine, Rating } from './rating';
import { balances, pay, shares } from './settlement';
import type { Allowance, UsagePrice } from './tariff';
import { slices } from './timeline';

const DAY_MS = 86_400_000;
const ZERO = new Decimal(0);

/** What one usage is rated by, found before anything is drawn. */
export interface Basis {
  readonly input: RateInput;
  readonly place: Place;
  readonly allowances: readonly Allowance[];
  readonly sources: readonly UnitSource[];
  readonly slices: readonly Slice<Priced>[];
}

/** Lines and draws as they come about. */
interface Work {
  readonly lines: RatedLine[];
  readonly draws: BucketDraw[];
  readonly counters: CounterIncrement[];
  readonly notices: Set<Notice>;
}

/** Usage that is not for this product or not for this time (R10, R28). */
function refuseByDate({ facts: { usageAt, usageDate }, product, tariff, now }: RateInput): Refusal | undefined {
  const { futureToleranceSeconds = 300, lateWindowDays = 90 } = tariff.reference;
  const age = now.getTime() - usageAt;
  if (age < -futureToleranceSeconds * 1000) return { reason: 'inFuture', message: `The usage of ${usageDate} lies after ${now.toISOString()}.` };
  if (age > lateWindowDays * DAY_MS) return { reason: 'tooLate', message: `The usage of ${usageDate} is older than ${lateWindowDays} days.` };
  const { startDate, terminationDate } = product;
  if ((startDate !== undefined && usageAt < Date.parse(startDate)) || (terminationDate !== undefined && usageAt >= Date.parse(terminationDate))) {
    return { reason: 'noProduct', message: `Product ${product.id} did not exist at ${usageDate}.` };
  }
  return undefined;
}

function noPrice({ facts, tariff }: RateInput, what: string): Refusal {
  const [problem] = tariff.problems;
  const why = problem ? ` Something is wrong in the tariff: ${problem.message}` : '';
  return { reason: 'noPrice', message: `No ${facts.service} price of the product ${what}.${why}` };
}

/** Where, at which prices, from which buckets: everything that decides, or why it cannot be decided. */
function basisOf(input: RateInput): Basis | Refusal {
  const { facts, tariff } = input;
  const place = placeOf(facts, tariff);
  const reaching = tariff.prices[facts.service].filter(({ scope }) => reaches(scope, facts, place, tariff));
  const included = tariff.allowances.filter(({ scope }) => reaches(scope, facts, place, tariff));
  const refusal = refuseByDate(input) ?? unknownNetwork(place, tariff) ?? unknownDestination([...reaching, ...included].map(({ scope }) => scope), place, tariff);
  if (refusal) return refusal;

  const prices = reaching.filter(({ scope }) => fits(scope, facts, place, tariff));
  const allowances = included.filter(({ scope }) => fits(scope, facts, place, tariff));
  const sources = unitSources(input, place);
  if ('reason' in sources) return sources;
  const covered = allowances[0] ?? sources.find(({ allowance }) => allowance)?.allowance;
  if (prices.length === 0 && !covered && sources.length === 0) return noPrice(input, 'holds for this usage');

  const clocks = { home: tariff.reference.timeZone, ...(facts.visitedTimeZone !== undefined ? { visited: facts.visitedTimeZone } : {}) };
  const priced = slices(prices, facts.usageAt, facts.quantity, facts.service === 'voice', clocks);
  if (!priced && prices.length > 0 && !covered) return noPrice(input, 'holds at the time of this usage');
  return { input, place, allowances, sources, slices: priced ?? [sliceOf<Priced>(undefined, facts.quantity, covered?.increments ?? { first: 1, next: 1 })] };
}

/** Included usage: unit buckets in their order pay whole increments. Answers what they did not pay. */
function drawUnits({ input, place, sources, slices: all }: Basis, work: Work): readonly Slice<Priced>[] {
  if (input.facts.quantity === 0) return all;
  const { drawn, rest } = draw(all, sources);
  for (const one of drawn) {
    const allowance = sources.find(({ bucket }) => bucket === one.bucket)?.allowance;
    for (const portion of portions(one.slices)) {
      const included = includedLine(input, place, one, portion, allowance, ZERO);
      work.draws.push({ bucketId: one.bucket.id, usageType: one.bucket.usageType, amount: included.drawnQuantity!, line: work.lines.length });
      work.lines.push(included);
    }
    if (allowance?.memberCap !== undefined) work.counters.push({ key: memberKey(input.product.id, one.bucket), amount: one.quantity });
  }
  return rest;
}

/** Usage behind an exhausted allowance that charges nothing (R22): a line with an explicit 0. */
function freeRest({ input, place, allowances, sources }: Basis, rest: readonly Portion[], kind: 'throttled' | 'blocked', work: Work): void {
  const allowance = allowances.find(({ onExhaustion: said }) => said !== undefined) ?? allowances[0] ?? sources[0]?.allowance;
  const quantity = rest.reduce((total, portion) => total + portion.quantity, 0);
  const tax = allowance?.tax ?? {};
  work.lines.push(line(input, place, {
    tag: 'non included usage', tariffType: kind, tax, taxRate: rateOfTax(input, tax) ?? 0, excluded: ZERO, included: ZERO, quantity,
    ...(allowance ? { ref: allowance.ref, scope: allowance.scope } : {}),
  }));
  if (quantity > 0) work.notices.add(kind);
}

/** Charged usage: one line per price; a prepaid product pays it from its monetary buckets, one line per bucket (R15). */
function chargeRest({ input, place, allowances, sources }: Basis, charged: readonly TaxedPortion[], work: Work): Refusal | undefined {
  const { product, tariff } = input;
  const tag = allowances.length > 0 || sources.length > 0 ? 'non included usage' : 'usage';
  const from = product.paymentType === 'prepaid' ? balances(input) : [];
  for (const one of charged) {
    const { price, quantity } = one.portion;
    if (counts(price.model) && quantity > 0) work.counters.push({ key: tierKey(input, price), amount: quantity });
    const whole = chargedLine(input, place, one, tag);
    if (product.paymentType === 'postpaid' || one.included.isZero()) {
      work.lines.push(whole);
      continue;
    }
    if (from.length === 0) return { reason: 'noMonetaryBucket', message: `The prepaid product ${product.id} has no open ${tariff.currency} bucket to pay from.` };
    const payments = pay(one.included, from);
    const parts = shares(payments, { excluded: one.excluded, quantity }, price.scale);
    for (const [index, { bucket, amount }] of payments.entries()) {
      const paid = paidLine(whole, bucket, amount, parts[index]!);
      work.draws.push({ bucketId: bucket.id, usageType: 'monetary', amount: paid.drawnQuantity!, line: work.lines.length });
      work.lines.push(paid);
    }
  }
  if (from.some(({ left }) => left.lt(0))) work.notices.add('balanceBelowZero');
  return undefined;
}

const isPriced = (portion: Portion): portion is Portion & { readonly price: UsagePrice } => portion.price !== undefined;

/** The charged portions rounded and taxed; refused when a tax category has no rate on that day. */
function taxedPortions(input: RateInput, rest: readonly Portion[]): TaxedPortion[] | Refusal {
  const charged: TaxedPortion[] = [];
  for (const portion of rest.filter(isPriced)) {
    const taxRate = rateOfTax(input, portion.price.tax);
    if (taxRate === undefined) return { reason: 'noTaxRate', message: `Tax category ${String(portion.price.tax.category)} has no rate in ${input.tariff.reference.country} on ${input.facts.usageDate}.` };
    charged.push(taxedPortion(input, portion, taxRate));
  }
  return charged;
}

/**
 * One usage rated: which lines, what to draw from which bucket, which counters to raise; or why it is rejected. Nothing is changed:
 * the caller applies draws and counters together with the lines. Unit buckets pay first and whole increments only (R8); the rest is
 * charged, throttled or blocked as the allowances say (R22).
 */
export function rate(input: RateInput): Rating {
  const basis = basisOf(input);
  if ('reason' in basis) return { status: 'rejected', ...basis };
  const work: Work = { lines: [], draws: [], counters: [], notices: new Set() };
  const rest = portions(drawUnits(basis, work));
  const hasPrice = rest.every(isPriced);
  if (rest.length > 0) {
    const policy = onExhaustion(basis.allowances, hasPrice);
    if (policy !== 'charge') freeRest(basis, rest, policy === 'throttle' ? 'throttled' : 'blocked', work);
    else if (!hasPrice) return { status: 'rejected', ...noPrice(input, 'holds for what the allowance left') };
    else {
      const charged = taxedPortions(input, rest);
      const refusal = 'reason' in charged ? charged : chargeRest(basis, charged, work);
      if (refusal) return { status: 'rejected', ...refusal };
    }
  }
  if (work.lines.some(({ afterSuspension }) => afterSuspension)) work.notices.add('afterSuspension');
  return { status: 'rated', lines: work.lines, draws: work.draws, counters: work.counters, notices: [...work.notices], steps: explain(basis, work) };
}

/** The keys of the counters that rate() may read for this input: load those, a missing one counts as 0. Often none. */
export function counterKeys(input: Omit<RateInput, 'counters' | 'now'>): string[] {
  const { facts, tariff, buckets, product } = input;
  const tiers = tariff.prices[facts.service].filter(({ model }) => counts(model)).map((price) => tierKey(input, price));
  const capped = new Set(tariff.allowances.filter(({ memberCap }) => memberCap !== undefined).map(({ ref }) => ref.id));
  const members = buckets.filter(({ usageType, productOfferingPrice }) => usageType === facts.service && productOfferingPrice && capped.has(productOfferingPrice.id));
  return [...new Set([...tiers, ...members.map((bucket) => memberKey(product.id, bucket))])];
}
