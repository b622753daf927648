import { dublin, midnightFrom } from './dublin';
import { inBlock, msisdnOf, simOf, type Line } from './lines';
import { offerNamed, type PaymentType } from './offers';
import type { Plan } from './plan';
import type { Random } from './random';

export interface Customer {
  readonly name: string;
  readonly account: string;
  readonly paymentType: PaymentType;
  readonly email: string;
}

/** Who is there before anything happens. */
export interface Company {
  readonly customers: readonly Customer[];
  readonly lines: readonly Line[];
  /** Lines that exist for so long that usage of them can be too old. */
  readonly old: readonly Line[];
}

const FIRST = ['Aoife', 'Cian', 'Niamh', 'Oisin', 'Saoirse', 'Tadhg', 'Ciara', 'Darragh', 'Maeve', 'Fionn', 'Roisin', 'Eoin', 'Sinead', 'Conor', 'Orla', 'Padraig', 'Grainne', 'Rory', 'Aisling', 'Declan'];
const LAST = ['Byrne', 'Walsh', 'Doyle', 'Kelly', 'Murphy', 'Nolan', 'Quinn', 'Ryan', 'Keane', 'Lynch', 'Moran', 'Daly', 'Burke', 'Foley', 'Hayes', 'Power', 'Reilly', 'Casey', 'Tobin', 'Flynn'];

const START_OF_OLD = dublin(2026, 6, 1);
const BUNDLED = ['FAMILY', 'BIZ'];
/** Lines of one customer, for offers that are sold so. */
const LINES_EACH = 4;

interface Wanted {
  readonly offer: string;
  readonly later: boolean;
  /** Shared by the lines of one customer. */
  readonly customer: number;
}

const padded = (index: number): string => String(index).padStart(5, '0');

/** The offers of the plan, each line with its customer; families and businesses have several lines. */
function wantedLines({ lines, laterSignUps }: Plan, random: Random): Wanted[] {
  const single = Object.entries(lines).filter(([offer]) => !BUNDLED.includes(offer))
    .flatMap(([offer, count]) => Array.from({ length: count }, (_, at) => ({ offer, later: at >= count - (laterSignUps[offer] ?? 0) })));
  const alone = random.shuffled(single).map((one, customer): Wanted => ({ ...one, customer }));
  const groups = Object.entries(lines).filter(([offer]) => BUNDLED.includes(offer)).flatMap(([offer, count]) => Array.from({ length: count / LINES_EACH }, () => offer));
  return [...alone, ...groups.flatMap((offer, group) => Array.from({ length: LINES_EACH }, (_, at): Wanted => ({
    offer: offer === 'FAMILY' ? (at < 2 ? 'FAMILY line' : 'FAMILY extra line') : offer, later: false, customer: alone.length + group,
  })))];
}

/** When a line begins: prepaid plans began on all days of the four weeks before, so that they renew all through the month. */
function beginning(offer: string, later: boolean, plan: Plan, random: Random): number {
  if (later) return random.pick(plan.laterSignUpAt);
  // Late enough that none is due twice before the books are closed.
  if (plan.staggered && offer.startsWith('GO')) return midnightFrom(plan.from, -random.whole(1, 20));
  return plan.from;
}

function lineOf({ offer, later, customer }: Wanted, index: number, plan: Plan, random: Random): Line {
  const from = beginning(offer, later, plan, random);
  // One line in five calls nobody, none of them on CLASSIC.
  const callsNothing = random.next() < 0.21 && offer !== 'CLASSIC';
  const nth = inBlock(plan.company, index);
  const owner = padded(inBlock(plan.company, customer + 1));
  const small = offer === 'PAYG' || offer === 'CLASSIC' ? 0.12 : 1;
  return {
    key: `L${padded(nth + 1)}`, account: `HM-A-${owner}`, customer: `HM-C-${owner}`, paymentType: offerNamed(offer).paymentType ?? 'postpaid',
    product: `${offer} L${padded(nth + 1)}`, offers: [{ from, value: offer }], sims: [{ from, value: simOf(nth + 12) }], numbers: [{ from, value: msisdnOf(nth + 12) }],
    from, usedFrom: Math.max(from, plan.from), pauses: [], eventful: later,
    weight: { data: small * random.lognormal(1, 0.4), calls: callsNothing ? 0 : (offer === 'CLASSIC' ? 2 : 1) * random.lognormal(1, 0.4), sms: random.lognormal(1, 0.4) },
  };
}

/** Few lines make much of the usage: their weights are raised until they hold these shares. */
function raise(lines: readonly Line[], chosen: readonly Line[], what: keyof Line['weight'], share: number): void {
  const rest = lines.filter((line) => !chosen.includes(line)).reduce((sum, { weight }) => sum + weight[what], 0);
  for (const line of chosen) line.weight[what] = (share * rest) / (1 - share) / chosen.length;
}

function heavyUsers(lines: readonly Line[], plan: Plan): void {
  const of = (offer: string) => lines.filter((line) => line.offers[0]!.value === offer && !line.eventful);
  for (const { offer, what, count, share } of plan.heavy) {
    const chosen = of(offer).slice(what === 'data' ? -count : 0, what === 'data' ? undefined : count);
    for (const line of chosen) Object.assign(line, { eventful: true, heavy: what });
    raise(lines, chosen, what, share);
  }
}

/** Prepaid lines that were there long before, which cost nothing a month. */
function makeOld(lines: readonly Line[], plan: Plan): Line[] {
  const chosen = lines.filter((line) => line.offers[0]!.value === 'PAYG' && line.from === plan.from).slice(0, Math.max(1, Math.ceil(plan.faults.tooOld / 2)));
  return chosen.map((line): Line => ({
    ...line, from: START_OF_OLD, offers: [{ from: START_OF_OLD, value: 'PAYG' }], sims: [{ ...line.sims[0]!, from: START_OF_OLD }], numbers: [{ ...line.numbers[0]!, from: START_OF_OLD }], eventful: true,
  }));
}

const customerOf = ({ customer, account, paymentType }: Line, index: number): Customer => {
  const [first, last] = [FIRST[index % FIRST.length]!, LAST[Math.floor(index * 7 + index / FIRST.length) % LAST.length]!];
  return { name: customer, account, paymentType, email: `${first}.${last}.${index + 1}@example.com`.toLowerCase() };
};

/** Customers and their lines. */
export function company(plan: Plan, random: Random): Company {
  const fresh = wantedLines(plan, random.fork('order of lines')).map((wanted, index) => lineOf(wanted, index, plan, random));
  const old = makeOld(fresh, plan);
  const lines = fresh.map((line) => old.find(({ key }) => key === line.key) ?? line);
  heavyUsers(lines, plan);
  const first = lines.filter((line, index) => lines.findIndex(({ customer }) => customer === line.customer) === index);
  return { customers: first.map(customerOf), lines, old };
}
