import { fault } from '../domain/fault';
import type { BillingAccount } from '../domain/bill/charge';
import { isTimeZone } from '../domain/rating/timeBand';
import type { Behaviour, Handler } from '../rest/types';
import { keepCycle } from '../store/accountCycle';
import type { Doc } from '../store/codec';
import { readReference } from '../store/reference';
import type { UnitOfWork } from '../store/unitOfWork';

type Account = BillingAccount & Doc & Readonly<Record<string, unknown>> & {
  readonly billStructure?: { readonly cycleSpecification?: { readonly id?: string } & Readonly<Record<string, unknown>> };
};

const wrong = (name: string, value: unknown, right: string) => fault('REQ-02', `${name} of the billing account is ${JSON.stringify(value)?.slice(0, 60)}. Send ${right}.`);

/** Holds our additions to what billing can work with. @throws Fault REQ-02 */
function check({ currency, timeZone, roundingMode, anchorDay, paymentTermDays }: Account): void {
  if (currency !== undefined && !/^[A-Z]{3}$/.test(String(currency))) throw wrong('currency', currency, 'an ISO 4217 code such as EUR');
  if (timeZone !== undefined && !isTimeZone(timeZone)) throw wrong('timeZone', timeZone, 'an IANA name such as Europe/Dublin');
  if (roundingMode !== undefined && roundingMode !== 'HALF_UP' && roundingMode !== 'HALF_EVEN') throw wrong('roundingMode', roundingMode, 'HALF_UP or HALF_EVEN');
  if (anchorDay !== undefined && !(Number.isInteger(anchorDay) && anchorDay >= 1 && anchorDay <= 31)) throw wrong('anchorDay', anchorDay, 'the day of the month on which its periods begin, 1 to 31');
  if (paymentTermDays !== undefined && !(Number.isInteger(paymentTermDays) && paymentTermDays >= 0 && paymentTermDays <= 365)) throw wrong('paymentTermDays', paymentTermDays, 'a number of days up to 365');
}

/**
 * The account with what it leaves open filled in: currency and time zone of the home market, and the terms of the cycle it points to.
 * Every worker then reads the same of it, and later changes of the defaults do not move its periods.
 */
async function completed(unit: UnitOfWork, account: Account): Promise<Account> {
  const reference = await readReference(unit.store);
  const wanted = account.billStructure?.cycleSpecification;
  const specification = wanted?.id === undefined ? undefined : (await unit.store.read<Doc & Readonly<Record<string, unknown>>>('billingCycleSpecification', wanted.id))?.doc;
  const days = specification?.['paymentDueDateOffset'];
  const shift = specification?.['billingDateShift'];
  const frequency = specification?.['frequency'] ?? PERIODS[typeof specification?.['billingPeriod'] === 'string' ? specification['billingPeriod'] : ''];
  return {
    ...account,
    currency: account.currency ?? reference.currency, timeZone: account.timeZone ?? reference.timeZone,
    ...(account.anchorDay === undefined && Number.isInteger(specification?.['anchorDay']) ? { anchorDay: specification?.['anchorDay'] as number } : {}),
    ...(account.paymentTermDays === undefined && typeof days === 'number' ? { paymentTermDays: Math.max(0, days - (typeof shift === 'number' ? shift : 0)) } : {}),
    ...(wanted && typeof frequency === 'string' && wanted['frequency'] === undefined ? { billStructure: { ...account.billStructure, cycleSpecification: { ...wanted, frequency } } } : {}),
  };
}

const PERIODS: Readonly<Record<string, string>> = { month: 'monthly', quarter: 'quarterly', year: 'yearly' };

async function kept(request: Parameters<Handler>[0], unit: UnitOfWork, generic: Handler) {
  const answer = await generic(request, unit);
  const sent = answer.body as Account;
  check(sent);
  const account = unit.save('billingAccount', await completed(unit, sent));
  check(account);
  await keepCycle(unit, account);
  return { ...answer, body: account };
}

/** Billing accounts are generic but for what a bill needs of them. */
export const account: Behaviour = {
  createBillingAccount: kept,
  patchBillingAccount: kept,
};
