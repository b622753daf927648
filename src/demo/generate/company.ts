import { named } from './catalogue';
import { dublin, iso } from './dublin';
import { CURRENCY, offerNamed, pricesOf, type PaymentType } from './offers';
import type { Plan } from './plan';
import type { Random } from './random';
import type { OrderStep, TopupStep } from './steps';

/** A subscription: a SIM with a number on an offer. */
export interface Line {
  readonly key: string;
  readonly account: string;
  readonly customer: string;
  readonly offer: string;
  readonly paymentType: PaymentType;
  readonly imsi: string;
  readonly msisdn: string;
  readonly iccid: string;
  readonly from: number;
  to?: number;
  /** Shares of the play's usage that the line makes. */
  readonly weight: { readonly data: number; readonly calls: number; readonly sms: number };
}

export interface Customer {
  readonly name: string;
  readonly account: string;
  readonly paymentType: PaymentType;
  readonly email: string;
}

export interface Company {
  readonly customers: readonly Customer[];
  readonly lines: readonly Line[];
  readonly orders: readonly OrderStep[];
  readonly topups: readonly TopupStep[];
  /** The line that ends during the play. */
  readonly ended: Line;
  /** A line that exists for so long that usage of it can be too old. */
  readonly old: Line;
}

const FIRST = ['Aoife', 'Cian', 'Niamh', 'Oisin', 'Saoirse', 'Tadhg', 'Ciara', 'Darragh', 'Maeve', 'Fionn', 'Roisin', 'Eoin', 'Sinead', 'Conor', 'Orla', 'Padraig', 'Grainne', 'Rory', 'Aisling', 'Declan'];
const LAST = ['Byrne', 'Walsh', 'Doyle', 'Kelly', 'Murphy', 'Nolan', 'Quinn', 'Ryan', 'Keane', 'Lynch', 'Moran', 'Daly', 'Burke', 'Foley', 'Hayes', 'Power', 'Reilly', 'Casey', 'Tobin', 'Flynn'];

/** The digit that makes a number pass the check of payment and SIM card numbers. */
function luhn(digits: string): number {
  const sum = [...digits].reverse().reduce((all, digit, at) => {
    const twice = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return all + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return (10 - (sum % 10)) % 10;
}

export const imsiOf = (index: number): string => `00101${String(index).padStart(10, '0')}`;
export const msisdnOf = (index: number): string => `353209${String(100_000 + index)}`;

export function iccidOf(index: number): string {
  const body = `8935301${String(index).padStart(11, '0')}`;
  return `${body}${luhn(body)}`;
}

const START_OF_OLD = dublin(2026, 6, 1);

/** What each customer has: the offers of the plan in turn, so that early and late ones are mixed. */
function lineOf(offer: string, index: number, plan: Plan, later: boolean, random: Random): Line {
  const number = index + 12;
  const callsNothing = random.next() < 0.2 && offer !== 'CLASSIC';
  const small = offer === 'PAYG' || offer === 'CLASSIC' ? 0.12 : 1;
  return {
    key: `L${String(index + 1).padStart(5, '0')}`, account: `HM-A-${String(index + 1).padStart(5, '0')}`, customer: `HM-C-${String(index + 1).padStart(5, '0')}`,
    offer, paymentType: offerNamed(offer).paymentType ?? 'postpaid', imsi: imsiOf(number), msisdn: msisdnOf(number), iccid: iccidOf(number),
    from: later ? plan.laterSignUpAt : plan.from,
    weight: { data: small * random.lognormal(1, 0.4), calls: callsNothing ? 0 : (offer === 'CLASSIC' ? 2 : 1) * random.lognormal(1, 0.4), sms: random.lognormal(1, 0.4) },
  };
}

/** Few lines make much of the usage: their weights are raised until they hold these shares. */
function raise(lines: readonly Line[], chosen: readonly Line[], what: keyof Line['weight'], share: number): void {
  const rest = lines.filter((line) => !chosen.includes(line)).reduce((sum, { weight }) => sum + weight[what], 0);
  for (const line of chosen) (line.weight as Record<keyof Line['weight'], number>)[what] = (share * rest) / (1 - share) / chosen.length;
}

function linesOf(plan: Plan, random: Random): { lines: Line[]; old: Line } {
  const wanted = Object.entries(plan.lines).flatMap(([offer, count]) => Array.from({ length: count }, (_, at) => ({ offer, later: at >= count - (plan.laterSignUps[offer] ?? 0) })));
  const lines = random.fork('order of lines').shuffled(wanted).map(({ offer, later }, index) => lineOf(offer, index, plan, later, random));
  const early = (offer: string) => lines.filter((line) => line.offer === offer && line.from === plan.from);
  const one = early('PAYG')[0]!;
  const old: Line = { ...one, from: START_OF_OLD };
  lines[lines.indexOf(one)] = old;
  raise(lines, early('GO10').slice(0, Math.max(1, Math.round(lines.length / 20))), 'calls', 0.4);
  raise(lines, [...early('SIM-S').slice(0, Math.max(1, Math.round(lines.length / 40)))], 'data', 0.25);
  raise(lines, early('GO10').slice(-Math.max(1, Math.round(lines.length / 40))), 'data', 0.16);
  return { lines, old };
}

const customerNamed = (line: Line, index: number): Customer => {
  const [first, last] = [FIRST[index % FIRST.length]!, LAST[Math.floor(index * 7 + index / FIRST.length) % LAST.length]!];
  return { name: line.customer, account: line.account, paymentType: line.paymentType, email: `${first}.${last}.${index + 1}@example.com`.toLowerCase() };
};

export const purseOf = (account: string): string => `purse-${account.toLowerCase()}`;

const characteristics = (all: Readonly<Record<string, string>>) => Object.entries(all).map(([name, value]) => ({ name, valueType: 'string', value }));

/** The order of a new line: its SIM card, unless it has one, and its plan. */
export function signUp(line: Line, plan: Plan): OrderStep {
  const at = Math.max(line.from, plan.from);
  const identities = characteristics({ msisdn: line.msisdn, imsi: line.imsi, iccid: line.iccid });
  const card = {
    id: '1', action: 'add', productOffering: { ...named('SIM card', 'ProductOffering'), name: 'SIM card' },
    product: { name: `SIM card of ${line.key}`, ...(line.paymentType === 'prepaid' ? { productCharacteristic: characteristics({ paymentType: 'prepaid' }) } : {}) },
  };
  const main = {
    id: '2', action: 'add', productOffering: { ...named(line.offer, 'ProductOffering'), name: line.offer },
    product: { name: productName(line), productCharacteristic: identities, ...(line.from < plan.from ? { startDate: iso(line.from) } : {}) },
  };
  return {
    step: 'order', at, key: `sign-up ${line.key}`, account: line.account, customer: line.customer,
    items: line.from < plan.from ? [main] : [card, main],
  };
}

export const productName = (line: Line): string => `${line.offer} ${line.key}`;

const ending = (line: Line, at: number): OrderStep => ({
  step: 'order', at, key: `end ${line.key}`, account: line.account, customer: line.customer,
  items: [{ id: '1', action: 'delete', product: { ...named(productName(line), 'Product') } }],
});

const topup = (line: Line, at: number, amount: number, key: string): TopupStep => ({ step: 'topup', at, key, account: line.account, bucket: purseOf(line.account), amount, currency: CURRENCY });

/** What a line needs to begin: its first fee and SIM card, and 5 to spend. */
function firstTopup(line: Line, plan: Plan): TopupStep {
  const fees = pricesOf(offerNamed(line.offer), 'recurring').reduce((sum, { price }) => sum + Number(price), 0);
  return topup(line, Math.max(line.from, plan.from), fees > 10 ? 25 : 20, `first top-up ${line.key}`);
}

function laterTopups(lines: readonly Line[], plan: Plan, random: Random): TopupStep[] {
  const days = Math.round((plan.until - plan.from) / 86_400_000);
  return Array.from({ length: plan.topups }, (_, index) => {
    const line = lines[index % lines.length]!;
    const at = Math.max(line.from, plan.from) + random.whole(1, Math.max(1, days - 4)) * 86_400_000 + random.whole(8, 20) * 3_600_000;
    return topup(line, at, random.pick([5, 10, 20]), `top-up ${index + 1} ${line.key}`);
  });
}

/** Customers, lines, orders and top-ups of a play. */
export function company(plan: Plan, random: Random): Company {
  const { lines, old } = linesOf(plan, random.fork('lines'));
  const prepaid = lines.filter(({ paymentType }) => paymentType === 'prepaid');
  const ended = lines.find(({ offer, from }) => offer === 'CLASSIC' && from === plan.from)!;
  ended.to = dublin(2026, 10, 5, 14);
  const orders = [...lines.map((line) => signUp(line, plan)), ending(ended, ended.to)];
  const topups = [...prepaid.map((line) => firstTopup(line, plan)), ...laterTopups(random.shuffled(prepaid), plan, random.fork('top-ups'))];
  return { customers: lines.map(customerNamed), lines, orders, topups, ended, old };
}
