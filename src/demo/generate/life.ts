import { named } from './catalogue';
import type { Company } from './company';
import { DAY, HOUR, daysLater, iso, midnightFrom } from './dublin';
import { RENUMBERED, SWAPPED, inBlock, msisdnAt, msisdnOf, simAt, simOf, type Line } from './lines';
import { CURRENCY, offerNamed, pricesOf } from './offers';
import { PROFILE } from './papers';
import { free, onDay, type Plan } from './plan';
import type { Random } from './random';
import type { CustomerStep, OrderItem, OrderStep, PortOutStep, PortStep, TopupStep } from './steps';

/** What becomes of lines, as steps of the play. The lines know it too: from when on they have another SIM, offer or number, and when they end. */
export interface Lives {
  readonly steps: readonly (OrderStep | PortStep | PortOutStep | CustomerStep | TopupStep)[];
  /** Lines that end, with the first of them whose number is given away again. */
  readonly ended: readonly Line[];
  readonly swapped: readonly Line[];
}

export const purseOf = (account: string): string => `purse-${account.toLowerCase()}`;

const characteristics = (all: Readonly<Record<string, string>>) => Object.entries(all).map(([name, value]) => ({ name, valueType: 'string', value }));
const offering = (name: string) => ({ ...named(name, 'ProductOffering'), name });
const productOf = (line: Line) => named(line.product, 'Product');

interface Making {
  readonly plan: Plan;
  readonly lines: readonly Line[];
  readonly random: Random;
  readonly steps: (OrderStep | PortStep | PortOutStep | CustomerStep | TopupStep)[];
}

const orderOf = (line: Line, at: number, what: string, items: readonly OrderItem[], about: OrderStep['about']): OrderStep =>
  ({ step: 'order', at, key: `${what} ${line.key}`, account: line.account, customer: line.customer, items, about });

/** A line that nothing else happens to, from now on taken. */
function take({ lines, plan, random }: Making, offer: string, fits: (line: Line) => boolean = () => true): Line {
  const candidates = free(lines, offer, plan).filter(fits);
  if (candidates.length === 0) throw new Error(`no ${offer} line is free`);
  const line = random.pick(candidates);
  line.eventful = true;
  return line;
}

const prepaid = (line: Line) => (line.paymentType === 'prepaid' ? { productCharacteristic: characteristics({ paymentType: 'prepaid' }) } : {});

/** A number that a line brings, with the account that its donor is given. */
interface Brought {
  readonly msisdn: string;
  readonly account: string;
}

const identities = (line: Line, brings: Brought | undefined) => characteristics({
  ...(brings === undefined ? { msisdn: line.numbers[0]!.value } : { msisdn: brings.msisdn, portInDonor: 'Southcell', portInAccount: brings.account }), ...line.sims[0]!.value, simProfile: PROFILE,
});

/** The order of a new line: a SIM card, unless it has one, and its plan. */
function signUp(line: Line, plan: Plan, brings?: Brought): OrderStep {
  const at = Math.max(line.from, plan.from);
  const offer = line.offers[0]!.value;
  const isNew = !plan.staggered && line.from === at ? true : line.from > plan.from;
  const card: OrderItem = { id: '1', action: 'add', productOffering: offering('SIM card'), product: { name: `SIM card of ${line.key}`, ...prepaid(line) } };
  const main: OrderItem = {
    id: '2', action: 'add', productOffering: offering(offer),
    product: { name: line.product, productCharacteristic: identities(line, brings), ...(line.from < plan.from ? { startDate: iso(line.from) } : {}) },
  };
  const order = orderOf(line, at, 'sign-up', isNew ? [card, main] : [main], [...(isNew ? [{ what: 'card', line: line.key } as const] : []), { what: 'signUp', line: line.key }]);
  return brings === undefined ? order : { ...order, waits: true };
}

export const bundleName = (account: string): string => `FAMILY of ${account}`;

/** The order of a family with its lines, or of a business with its. */
function signUpTogether(lines: readonly Line[], plan: Plan): OrderStep {
  const [first] = lines as [Line, ...Line[]];
  const items = lines.map((line, index): OrderItem =>
    ({ id: String(index + 2), action: 'add', productOffering: offering(line.offers[0]!.value), product: { name: line.product, productCharacteristic: identities(line, undefined) } }));
  const isFamily = first.offers[0]!.value.startsWith('FAMILY');
  const bundle: OrderItem = { id: '1', action: 'add', productOffering: offering('FAMILY'), product: { name: bundleName(first.account) }, productOrderItem: items };
  const keys = lines.map(({ key }) => key);
  return orderOf(first, plan.from, 'sign-up', isFamily ? [bundle] : items, isFamily ? [{ what: 'bundle', account: first.account, lines: keys }] : keys.map((line) => ({ what: 'signUp', line })));
}

function signUps({ plan, lines, steps }: Making, brought: ReadonlyMap<Line, Brought>): void {
  const byCustomer = new Map<string, Line[]>();
  for (const line of lines) byCustomer.set(line.customer, [...byCustomer.get(line.customer) ?? [], line]);
  for (const group of byCustomer.values()) steps.push(group.length > 1 ? signUpTogether(group, plan) : signUp(group[0]!, plan, brought.get(group[0]!)));
}

/** Numbers that come from another operator, a day after the order; the last one is refused, mended and comes two days later. */
function portIns({ plan, lines, random, steps }: Making): Map<Line, Brought> {
  const newcomers = lines.filter(({ from }) => from > plan.from).sort((a, b) => a.from - b.from).slice(0, plan.life.portIns);
  return new Map(newcomers.map((line, index): [Line, Brought] => {
    const msisdn = `35387${String(1_000_000 + inBlock(plan.company, random.whole(0, 8_999_999)) % 9_000_000)}`;
    const order = `sign-up ${line.key}`;
    const number = line.key.slice(1);
    const account = `A-${number}`;
    const refused = index === newcomers.length - 1;
    const arrives = line.from + (refused ? 2 : 1) * DAY;
    line.numbers.splice(0, 1, { from: arrives, value: msisdn });
    line.usedFrom = arrives;
    if (refused) steps.push({ step: 'port', at: line.from + DAY, order, msisdn, mended: account });
    steps.push({ step: 'port', at: arrives, order, msisdn });
    return [line, { msisdn, account: refused ? number : account }];
  }));
}

/** A plan that ends: by the customer's wish, or with its number going elsewhere. */
function endings(making: Making): Line[] {
  const { plan, steps } = making;
  const ended = plan.life.endings.map((offer, index) => {
    const line = take(making, offer);
    line.to = onDay(plan, plan.name === 'quick' ? 5 : 3 + 7 * index, plan.name === 'quick' ? 14 : 10);
    steps.push(orderOf(line, line.to, 'end', [{ id: '1', action: 'delete', product: { ...productOf(line) } }], [{ what: 'end', line: line.key }]));
    return line;
  });
  plan.life.portOuts.forEach((offer, index) => {
    const line = take(making, offer);
    line.to = onDay(plan, 6 + 5 * index, 10);
    steps.push({ step: 'portOut', at: line.to, key: `port-out ${line.key}`, msisdn: msisdnAt(line, line.to), line: line.key, product: line.product });
  });
  return ended;
}

/** The number of a line that ended, given to somebody new after its rest. */
function recycle({ plan, lines }: Making, ended: readonly Line[], brought: ReadonlyMap<Line, Brought>): void {
  const [former] = ended;
  if (!plan.life.recycled || !former) return;
  const next = lines.find((line) => line.from > former.to! + 11 * DAY && !brought.has(line));
  if (!next) throw new Error('nobody new can get a number again');
  next.numbers.splice(0, 1, { from: next.from, value: former.numbers[0]!.value });
}

function planChanges(making: Making): void {
  const { plan, steps } = making;
  plan.life.planChanges.forEach(([before, after], index) => {
    // A prepaid plan that changes begins anew, so its old one should not renew on the way.
    const line = take(making, before, (one) => one.paymentType === 'postpaid' || !before.startsWith('GO') || daysLater(one.from, 28) > onDay(plan, 24, 0));
    const at = onDay(plan, 8 + 2 * index, 10);
    line.offers.push({ from: at, value: after });
    if (line.paymentType === 'prepaid') steps.push(topup(line, at, 20, 'top-up before the change of'));
    steps.push(orderOf(line, at, 'change', [{ id: '1', action: 'modify', productOffering: offering(after), product: { ...productOf(line), name: line.product } }], [{ what: 'plan', line: line.key, offer: after }]));
  });
}

function identityChanges(making: Making): Line[] {
  const { plan, steps } = making;
  const change = (line: Line, at: number, what: string, values: Readonly<Record<string, string>>) => {
    steps.push(orderOf(line, at, what, [{ id: '1', action: 'modify', product: { ...productOf(line), productCharacteristic: characteristics(values) } }], [{ what: 'identity', line: line.key }]));
  };
  const offers = ['CLASSIC', 'SIM-M', 'GO15', 'PAYG', 'SIM-S'];
  const swapped = Array.from({ length: plan.life.simSwaps }, (_, index) => {
    const line = take(making, offers[index % offers.length]!);
    const at = onDay(plan, 7 + 4 * index, 10);
    line.sims.push({ from: at, value: simOf(inBlock(plan.company, SWAPPED + index)) });
    change(line, at, 'SIM swap', simAt(line, at));
    return line;
  });
  for (let index = 0; index < plan.life.numberChanges; index += 1) {
    const line = take(making, offers[index % offers.length]!);
    const at = onDay(plan, 12 + 5 * index, 10);
    line.numbers.push({ from: at, value: msisdnOf(inBlock(plan.company, RENUMBERED + index)) });
    change(line, at, 'new number', { msisdn: msisdnAt(line, at) });
  }
  return swapped;
}

function suspensions(making: Making): void {
  const { plan, steps } = making;
  plan.life.suspensions.forEach((offer, index) => {
    const line = take(making, offer);
    const at = onDay(plan, 15 + 3 * index, 10);
    // Where barring works nothing happens any more; a postpaid line goes on, and its usage is flagged.
    if (line.paymentType === 'prepaid') line.pauses.push({ from: at, until: Infinity });
    steps.push({ step: 'customer', at, customer: line.customer, status: 'suspended' });
  });
}

const topup = (line: Line, at: number, amount: number, what: string): TopupStep =>
  ({ step: 'topup', at, key: `${what} ${line.key}`, account: line.account, bucket: purseOf(line.account), amount, currency: CURRENCY });

const feeOf = (line: Line): number => pricesOf(offerNamed(line.offers[0]!.value), 'recurring').reduce((sum, { price }) => sum + Number(price), 0);

/** When a prepaid plan is first due again. */
export const firstRenewal = (line: Line): number | undefined => (line.paymentType === 'prepaid' && feeOf(line) > 0 ? daysLater(line.from, 28) : undefined);

/** Plans whose renewal finds too little money: some are topped up days later, the others end after a week. */
function shortRenewals(making: Making): Line[] {
  const { plan, steps } = making;
  return Array.from({ length: plan.life.short }, (_, index) => {
    const due = (line: Line) => firstRenewal(line)!;
    const line = take(making, 'GO10', (one) => due(one) > onDay(plan, 3, 0) && due(one) < onDay(plan, 20, 0));
    if (index < plan.life.mended) {
      const mended = midnightFrom(due(line), 2) + 10 * HOUR;
      line.pauses.push({ from: due(line), until: mended });
      steps.push({ ...topup(line, mended, 20, 'mending top-up'), mends: line.product });
    } else {
      line.pauses.push({ from: due(line), until: Infinity });
    }
    return line;
  });
}

function addOns(making: Making): void {
  const { plan, lines, steps } = making;
  const buy = (line: Line, offer: string, at: number) => {
    if (line.paymentType === 'prepaid') steps.push(topup(line, at, 10, `top-up for ${offer} of`));
    steps.push(orderOf(line, at, offer, [{
      id: '1', action: 'add', productOffering: offering(offer),
      product: { name: `${offer} of ${line.key}`, ...prepaid(line), productRelationship: [{ relationshipType: 'bundledBy', product: productOf(line) }] },
    }], [{ what: 'addOn', line: line.key, offer }]));
  };
  const heavy = lines.filter((line) => line.heavy === 'data' && line.offers[0]!.value === 'GO10');
  heavy.slice(0, plan.life.boosts).forEach((line, index) => buy(line, 'BOOST2', onDay(plan, 18 + index, 10)));
  for (let index = 0; index < plan.life.worlds; index += 1) buy(take(making, index % 2 === 0 ? 'CLASSIC' : 'GO15'), 'WORLD50', onDay(plan, 2 + index, 10));
}

/** First money, money before each renewal, and what else people top up. */
function topups({ plan, lines, random, steps }: Making, short: readonly Line[]): void {
  const paying = lines.filter(({ paymentType }) => paymentType === 'prepaid');
  for (const line of paying) {
    const fee = feeOf(line);
    const plenty = plan.staggered && line.from > plan.from ? 2 * fee + 20 : fee > 10 ? 25 : 20;
    steps.push(topup(line, Math.max(line.from, plan.from), short.includes(line) ? fee + 2 : plenty, 'first top-up'));
  }
  const later = steps.filter(({ step }) => step === 'topup').length - paying.length;
  let left = plan.topups - later;
  if (plan.staggered) {
    for (const line of paying) {
      const due = firstRenewal(line);
      if (due === undefined || due >= plan.until || short.includes(line)) continue;
      steps.push(topup(line, Math.max(midnightFrom(due, -1), plan.from) + 10 * HOUR, feeOf(line) > 10 || line.heavy ? 20 : random.pick([10, 20]), 'top-up to renew'));
      left -= 1;
      if (!line.heavy) continue;
      // Who uses more than the plan includes pays for it on the way.
      for (const day of [6, 12, 18]) steps.push(topup(line, onDay(plan, day, 10), 20, `top-up on day ${day} of`));
      left -= 3;
    }
  }
  const days = Math.round((plan.until - plan.from) / DAY);
  const others = random.shuffled(paying.filter((line) => !short.includes(line) && line.to === undefined));
  for (let index = 0; index < left; index += 1) {
    const line = others[index % others.length]!;
    const day = midnightFrom(Math.max(line.from, plan.from), random.whole(1, Math.max(1, days - 4 - Math.round((Math.max(line.from, plan.from) - plan.from) / DAY))));
    steps.push(topup(line, day + 10 * HOUR, random.pick([5, 10, 20]), `top-up ${index + 1} of`));
  }
}

/** What happens to the lines of a company during the play. */
export function lives(plan: Plan, { lines }: Company, random: Random): Lives {
  const making: Making = { plan, lines, random, steps: [] };
  const brought = portIns(making);
  const short = shortRenewals(making);
  const ended = endings(making);
  recycle(making, ended, brought);
  signUps(making, brought);
  planChanges(making);
  const swapped = identityChanges(making);
  suspensions(making);
  addOns(making);
  topups(making, short);
  return { steps: making.steps, ended, swapped };
}
