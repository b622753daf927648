import { Decimal, decimal, round, sum } from '../amount';
import type { PriceFound, Pricing } from './contract';
import { type Finding, type ItemFlag, MONEY_SCALE } from './item';
import type { Pair } from './pairing';
import { type OwnRecord, ownParts, type UsageRecord, type WholesaleRecord, wholesaleParts } from './records';
import { quantityFits, type Tolerances } from './tolerances';

/** What the classes are judged by. */
export interface Judgement {
  readonly tolerances: Tolerances;
  /** Absent: no contract is known, prices are not checked and nothing is out of scope. */
  readonly pricing?: Pricing;
  /** Whether our rated record should be on a bill by now. */
  readonly isDue: (own: OwnRecord) => boolean;
  readonly isKnown: (record: WholesaleRecord) => boolean;
  /** What the record would have cost the customer; null when the product is not known. */
  readonly retailValue: (record: WholesaleRecord) => number | string | null;
}

const ZERO = new Decimal(0);
const money = (value: Decimal): Decimal => round(value, MONEY_SCALE);

/** Facts come from our side where we have them: the host's own rate class may be what is wrong. */
export function priceOf(pricing: Pricing | undefined, main: UsageRecord, other?: UsageRecord): PriceFound | undefined {
  return pricing?.({
    service: main.service,
    direction: main.direction ?? other?.direction,
    visitedNetwork: main.visitedNetwork ?? other?.visitedNetwork,
    otherParty: main.otherParty ?? other?.otherParty,
    at: main.start,
  });
}

function unbilledAmount(own: OwnRecord, { isDue }: Judgement): Decimal {
  const lost = (part: OwnRecord) => part.state === 'rated' && (part.amount ?? 0) !== 0 && isDue(part);
  if (!own.parts) return lost(own) ? decimal(own.amount!) : ZERO;
  return sum(own.parts.filter(lost).map((part) => decimal(part.amount!)));
}

interface PriceCheck {
  readonly price: PriceFound | undefined;
  readonly contractCharge?: () => Decimal;
  /** Charge above the contract's, when outside tolerance; negative when below. */
  readonly excess: Decimal;
}

// What the rounding to ten decimals and plain numbers can be off by, a thousand times over.
const MARGIN = 1e-7;

/** Whether a charge is within tolerance beyond doubt. The doubtful few are left to decimals, which take a hundred times as long. */
function isClearlyFine({ charge, quantity, parts }: WholesaleRecord, price: PriceFound, tolerance: number): boolean {
  const expected = parts ? parts.reduce((all, part) => all + price.approximately(part.quantity), 0) : price.approximately(quantity);
  const count = parts?.length ?? 1;
  return Math.abs(charge - expected) + MARGIN * (count + Math.abs(charge)) < tolerance * count;
}

function checkPrice(own: OwnRecord, wholesale: WholesaleRecord, { pricing, tolerances }: Judgement): PriceCheck {
  const price = priceOf(pricing, own, wholesale);
  if (!price || price.statementOnly) return { price, excess: ZERO };
  const { parts } = wholesale;
  // Charged record by record: summing first would hide the host's rounding and increments.
  const contractCharge = () => (parts ? sum(parts.map(({ quantity }) => price.charge(quantity))) : price.charge(wholesale.quantity));
  const tolerance = tolerances[own.service].price;
  if (isClearlyFine(wholesale, price, tolerance)) return { price, contractCharge, excess: ZERO };
  const difference = decimal(wholesale.charge).minus(contractCharge());
  const allowed = decimal(tolerance).times(parts?.length ?? 1);
  return { price, contractCharge, excess: difference.abs().gt(allowed) ? difference : ZERO };
}

/** Price of the quantity in question, by difference: connection steps of the contract price cancel out. */
function priceOfDifference(price: PriceFound | undefined, own: OwnRecord, wholesale: WholesaleRecord): Decimal {
  if (price && !price.statementOnly) return price.charge(wholesale.quantity).minus(price.charge(own.quantity)).abs();
  if (wholesale.quantity === 0) return ZERO;
  return decimal(wholesale.charge).times(Math.abs(wholesale.quantity - own.quantity)).div(wholesale.quantity);
}

/** A pair whose own side we refused: for the money it is as good as missing. */
function refused({ own, wholesale }: Pair, judgement: Judgement, flags: ItemFlag[]): Finding {
  return { class: 'missingInRetail', reason: 'rejectedInRetail', own, wholesale, flags, leakageCost: decimal(wholesale.charge), retailValue: retailOf(wholesale, judgement) };
}

function retailOf(wholesale: WholesaleRecord, { retailValue }: Judgement): Decimal | null {
  let total = ZERO;
  for (const part of wholesaleParts(wholesale)) {
    const value = retailValue(part);
    if (value === null) return null;
    total = total.plus(decimal(value));
  }
  return total;
}

function flagsOf({ own, otherSim }: Pair, unbilled: Decimal, judgement: Judgement): ItemFlag[] {
  const flags: ItemFlag[] = [];
  if (otherSim) flags.push('otherSim');
  if (!own.parts && own.state !== 'rated' && own.source === undefined) return flags;
  const parts = ownParts(own);
  if (parts.some(({ source }) => source === 'recovery')) flags.push('recovery');
  if (unbilled.isZero() && parts.some((part) => part.state === 'rated' && !judgement.isDue(part))) flags.push('notYetBilled');
  if (parts.length > 1 && parts.some(({ state }) => state === 'rejected')) flags.push('partlyRejected');
  return flags;
}

/** The class and money of a pair: missing before quantity, quantity before price, price before unbilled; what else holds is flagged. */
export function classifyPair(pair: Pair, judgement: Judgement): Finding {
  const { own, wholesale } = pair;
  const unbilled = unbilledAmount(own, judgement);
  const flags = flagsOf(pair, unbilled, judgement);
  // A sum is rejected when all its parts are.
  if (own.state === 'rejected') return refused(pair, judgement, flags);

  const fits = quantityFits(own.quantity, wholesale.quantity, judgement.tolerances[own.service]);
  const { price, contractCharge, excess } = checkPrice(own, wholesale, judgement);
  const above = fits ? ZERO : money(priceOfDifference(price, own, wholesale));
  const more = wholesale.quantity > own.quantity;
  const isUnbilled = !unbilled.isZero();
  const itemClass = !fits ? 'quantityMismatch' : !excess.isZero() ? 'priceMismatch' : isUnbilled ? 'unbilled' : 'matched';
  if (!excess.isZero() && itemClass !== 'priceMismatch') flags.push('priceMismatch');
  if (isUnbilled && itemClass !== 'unbilled') flags.push('unbilled');
  if (judgement.pricing && !price) flags.push('noContractPrice');
  return {
    class: itemClass, own, wholesale, flags,
    ...(contractCharge && { contractCharge }),
    ...(itemClass !== 'matched' && {
      claim: (more ? above : ZERO).plus(excess.gt(0) ? money(excess) : ZERO),
      accrual: (more ? ZERO : above).plus(excess.lt(0) ? money(excess.abs()) : ZERO),
    }),
    ...(isUnbilled && { leakageCost: decimal(wholesale.charge), retailValue: unbilled }),
  };
}

export function classifyLonelyWholesale(wholesale: WholesaleRecord, judgement: Judgement): Finding {
  const price = priceOf(judgement.pricing, wholesale);
  return {
    class: 'missingInRetail',
    reason: judgement.isKnown(wholesale) ? 'noRecord' : 'unknownSubscriber',
    wholesale,
    ...(price && !price.statementOnly && { contractCharge: () => price.charge(wholesale.quantity) }),
    ...(judgement.pricing && !price && { flags: ['noContractPrice' as const] }),
    leakageCost: decimal(wholesale.charge),
    retailValue: retailOf(wholesale, judgement),
  };
}

/** Our record alone: the host will charge it yet, unless the contract has no price for it. */
export function classifyLonelyOwn(own: OwnRecord, judgement: Judgement): Finding {
  const price = priceOf(judgement.pricing, own);
  if (judgement.pricing && !price) return { class: 'outOfScope', reason: 'noContractPrice', own };
  const refusedByUs = own.state === 'rejected';
  const accrual = price && !price.statementOnly ? money(price.charge(own.quantity)) : ZERO;
  return { class: 'missingInWholesale', own, accrual, ...(refusedByUs && { reason: 'rejectedInRetail' as const }) };
}

/** An unanswered call: counted apart, never leakage; a charge for it is claimed. */
export function classifyZero(record: { own: OwnRecord } | { wholesale: WholesaleRecord }, judgement: Judgement): Finding {
  if ('own' in record) return { class: 'zeroDuration', own: record.own };
  const { wholesale } = record;
  const charged = decimal(wholesale.charge).gt(decimal(judgement.tolerances[wholesale.service].price));
  return { class: 'zeroDuration', wholesale, ...(charged && { flags: ['charged' as const], claim: decimal(wholesale.charge) }) };
}
