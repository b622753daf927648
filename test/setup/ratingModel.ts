import type fc from 'fast-check';
import { balancesOf, euro, type Balances } from '../fixtures/balances';
import { ref, type Biller, type Json } from './biller';
import { announceAgain, call, until, type Reply, type TestServer } from './server';

/** A monetary bucket in cents. What is reserved never exceeds what is there. */
interface Purse { left: number; reserved: number }

interface UsageModel { readonly id: string; readonly body: Json; readonly increments: number; seconds: number; paid: number }

/** All that a prepaid line and its friend's purse should come to, as simply as the rules can be said. */
export interface Model {
  seconds: number;
  readonly own: Purse;
  readonly friend: Purse;
  held: { readonly id: string; readonly cents: number }[];
  readonly usages: UsageModel[];
}

/** The line as the server has it. */
export interface Line {
  readonly server: TestServer;
  readonly balances: Balances;
  readonly msisdn: string;
  readonly ids: { readonly voice: string; readonly own: string; readonly friend: string };
  /** When usage began last: each begins after the one before. */
  at: number;
}

export const NEW_LINE = { seconds: 150, cents: 500 };
const PRICE = 60;
const INCREMENT = 60;
const FEE = 3;

export const newModel = (): Model => ({ seconds: NEW_LINE.seconds, own: { left: NEW_LINE.cents, reserved: 0 }, friend: { left: NEW_LINE.cents, reserved: 0 }, held: [], usages: [] });

const cents = (amount: number): number => Math.round(amount * 100);
const money = (amount: number) => euro(amount / 100);
const free = ({ left, reserved }: Purse): number => left - reserved;
/** A draw may leave less than is reserved, or less than nothing; a hold never covers more than is there. */
function move(purse: Purse, left: number, reserved = 0): void {
  purse.left += left;
  purse.reserved = Math.min(Math.max(purse.reserved + reserved, 0), Math.max(purse.left, 0));
}

/** Seconds pay whole increments as far as they go, the purse pays the rest and may fall below zero (R8, R15). */
function rate(model: Model, usage: UsageModel): void {
  const paid = Math.min(usage.increments, Math.floor(model.seconds / INCREMENT));
  usage.seconds = paid * INCREMENT;
  usage.paid = (usage.increments - paid) * PRICE;
  model.seconds -= usage.seconds;
  move(model.own, -usage.paid);
}

function giveBack(model: Model, usage: UsageModel): void {
  model.seconds += usage.seconds;
  move(model.own, usage.paid);
}

const verdict = (reply: Reply, expected: boolean): Json => {
  if (reply.status >= 300) throw new Error(`answered ${reply.status}: ${reply.text}`);
  if ((reply.body.status !== 'failed') !== expected) throw new Error(`${JSON.stringify(reply.body)} where ${expected ? 'success' : 'failure'} is due`);
  return reply.body;
};

type Command = fc.AsyncCommand<Model, Line>;
const always = () => true;
const usagesOf = ({ server }: Line): string => `${server.api('usageManagement')}/usage`;

/** Looked for in the store: many wait at once. */
const untilRated = ({ server }: Line, id: string): Promise<Json> =>
  until(`usage ${id} is rated`, async () => { const held = await server.store.read<Json>('usage', id); return held?.doc.status === 'rated' && held; }, 120_000);

export class Topup implements Command {
  constructor(readonly amount: number) {}
  check = always;
  async run(model: Model, { balances, ids }: Line): Promise<void> {
    verdict(await balances.topup(ids.own, money(this.amount)), true);
    move(model.own, this.amount);
  }
  toString = () => `topup ${this.amount}`;
}

export class Adjust implements Command {
  constructor(readonly amount: number) {}
  check = always;
  async run(model: Model, { balances, ids }: Line): Promise<void> {
    const enough = this.amount >= 0 || free(model.own) >= -this.amount;
    verdict(await balances.adjust(ids.own, money(this.amount)), enough);
    if (enough) move(model.own, this.amount);
  }
  toString = () => `adjust ${this.amount}`;
}

export class Transfer implements Command {
  constructor(readonly amount: number) {}
  check = always;
  async run(model: Model, { balances, ids }: Line): Promise<void> {
    const enough = free(model.own) >= this.amount + FEE;
    verdict(await balances.transfer(ids.own, ids.friend, money(this.amount), { transferCost: { unit: 'EUR', value: FEE / 100 }, costOwner: 'originator' }), enough);
    if (!enough) return;
    move(model.own, -this.amount - FEE);
    move(model.friend, this.amount);
  }
  toString = () => `transfer ${this.amount}`;
}

export class Reserve implements Command {
  constructor(readonly amount: number) {}
  check = always;
  async run(model: Model, { balances, ids }: Line): Promise<void> {
    const enough = free(model.own) >= this.amount;
    const { id } = verdict(await balances.reserve(ids.own, money(this.amount)), enough);
    if (!enough) return;
    move(model.own, 0, this.amount);
    model.held.push({ id, cents: this.amount });
  }
  toString = () => `reserve ${this.amount}`;
}

/** Ends the oldest hold: with what was used of it, or with nothing. */
export class EndReservation implements Command {
  constructor(readonly used: number | undefined) {}
  check = ({ held }: Readonly<Model>) => held.length > 0;
  async run(model: Model, { balances }: Line): Promise<void> {
    const hold = model.held.shift()!;
    const used = this.used === undefined ? 0 : Math.min(this.used, hold.cents);
    const released = { ...model.own };
    move(released, 0, -hold.cents);
    if (this.used === undefined) verdict(await balances.release(hold.id), true);
    else if (used > 0 && used > free(released)) {
      const { status } = await balances.commit(hold.id, money(used));
      if (status !== 409) throw new Error(`a commit beyond what is there answered ${status}`);
      model.held.push(hold);
      return;
    } else verdict(await balances.commit(hold.id, money(used)), true);
    move(model.own, 0, -hold.cents);
    move(model.own, -used);
  }
  toString = () => (this.used === undefined ? 'release' : `commit ${this.used}`);
}

export class Use implements Command {
  constructor(readonly seconds: number) {}
  check = always;
  async run(model: Model, line: Line): Promise<void> {
    line.at += 1000;
    const values = { recordId: `${line.msisdn}-${line.at}`, source: 'property', msisdn: line.msisdn, calledNumber: '4915112345678', duration: this.seconds };
    const body = { usageType: 'voice', usageDate: new Date(line.at).toISOString(), usageCharacteristic: Object.entries(values).map(([name, value]) => ({ name, value })) };
    const { id } = verdict(await call('POST', usagesOf(line), body), true);
    await untilRated(line, id);
    const usage = { id, body, increments: Math.ceil(this.seconds / INCREMENT), seconds: 0, paid: 0 };
    rate(model, usage);
    model.usages.push(usage);
  }
  toString = () => `use ${this.seconds}`;
}

/** The same record again, and the message about it again: neither has a second effect. */
export class Repeat implements Command {
  constructor(readonly pick: number) {}
  check = ({ usages }: Readonly<Model>) => usages.length > 0;
  async run(model: Model, line: Line): Promise<void> {
    const { id, body } = model.usages[this.pick % model.usages.length]!;
    const again = verdict(await call('POST', usagesOf(line), body), true);
    if (again.id !== id) throw new Error(`the record became ${again.id} beside ${id}`);
    await announceAgain(line.server, { entity: `usage/${id}`, eventType: 'UsageCreateEvent' });
  }
  toString = () => `repeat ${this.pick}`;
}

export class RateAgain implements Command {
  constructor(readonly pick: number) {}
  check = ({ usages }: Readonly<Model>) => usages.length > 0;
  async run(model: Model, line: Line): Promise<void> {
    const usage = model.usages[this.pick % model.usages.length]!;
    verdict(await call('PATCH', `${usagesOf(line)}/${usage.id}`, { status: 'rerated' }), true);
    await untilRated(line, usage.id);
    giveBack(model, usage);
    rate(model, usage);
  }
  toString = () => `rate again ${this.pick}`;
}

export class Remove implements Command {
  constructor(readonly pick: number) {}
  check = ({ usages }: Readonly<Model>) => usages.length > 0;
  async run(model: Model, line: Line): Promise<void> {
    const [usage] = model.usages.splice(this.pick % model.usages.length, 1);
    const { status, text } = await call('DELETE', `${usagesOf(line)}/${usage!.id}`);
    if (status !== 204) throw new Error(`removal answered ${status}: ${text}`);
    giveBack(model, usage!);
  }
  toString = () => `remove ${this.pick}`;
}

let count = 0;

/** A prepaid line with minutes and a purse, and a friend's purse. */
export async function newLine(server: TestServer, biller: Biller, accountId: string, price: Json): Promise<Line> {
  count += 1;
  const msisdn = `49170${String(count).padStart(7, '0')}`;
  const balances = balancesOf(server);
  const product = await biller.product(accountId, {
    startDate: '2026-01-01T00:00:00Z', productCharacteristic: [{ name: 'msisdn', value: msisdn }, { name: 'paymentType', value: 'prepaid' }],
    productPrice: [{ name: price.name, priceType: 'usage', price: { dutyFreeAmount: price.price }, productOfferingPrice: ref(price.id, 'ProductOfferingPrice') }],
  });
  const ids = { voice: `v-${msisdn}`, own: `m-${msisdn}`, friend: `f-${msisdn}` };
  await Promise.all([
    balances.open(ids.voice, { amount: NEW_LINE.seconds, units: 'second' }, { usageType: 'voice', product: [ref(product.id, 'Product')] }),
    balances.open(ids.own, money(NEW_LINE.cents), { product: [ref(product.id, 'Product')] }), balances.open(ids.friend, money(NEW_LINE.cents)),
  ]);
  return { server, balances, msisdn, ids, at: Date.parse('2026-10-01T00:00:00Z') };
}

/** What the books of the line say, in the model's terms. */
export async function booksOf({ balances, ids }: Line): Promise<Pick<Model, 'seconds' | 'own' | 'friend'>> {
  const [[seconds], own, friend] = await Promise.all([balances.left(ids.voice), balances.left(ids.own), balances.left(ids.friend)]);
  const purse = ([left, reserved]: [number, number]): Purse => ({ left: cents(left), reserved: cents(reserved) });
  return { seconds, own: purse(own), friend: purse(friend) };
}
