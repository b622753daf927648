import { total } from '../generate/exact';
import type { Differences } from '../generate/wholesale';
import type { Expected, Figure, Figures } from '../books/expected';
import { MOST_ACCOUNTS } from '../books/expected';
import { SUBSCRIPTIONS, type Heard } from '../play/listener';
import { at, type Client, type Resource } from '../play/http';
import type { Further } from './compare';
import { counted, euro, microOf, sumOf, type Money } from './amounts';
import { hostFigures } from './hostFigures';

/** What the product says, read through its APIs and added up by the demo's own arithmetic. */

interface Line {
  readonly usageRatingTag?: string;
  readonly offerTariffType?: string;
  readonly settledBy?: string;
  readonly afterSuspension?: boolean;
  readonly taxIncludedRatingAmount?: Money;
  readonly taxExcludedRatingAmount?: Money;
}

interface Usage extends Resource {
  readonly status: string;
  readonly usageType: string;
  readonly usageCharacteristic?: readonly { readonly name: string; readonly value: string | number }[];
  readonly ratedProductUsage?: readonly Line[];
}

const linesOf = ({ ratedProductUsage = [] }: Usage): readonly Line[] => ratedProductUsage;
const howOf = ({ usageRatingTag, offerTariffType }: Line): 'included' | 'charged' | 'throttled' =>
  (usageRatingTag === 'included usage' ? 'included' : offerTariffType === 'throttled' ? 'throttled' : 'charged');

function ratedFigures(usage: readonly Usage[]): Figures {
  return Object.fromEntries(['voice', 'sms', 'data'].flatMap((kind): [string, Figure][] => {
    const lines = usage.filter(({ usageType }) => usageType === kind).flatMap(linesOf);
    const of = (how: string) => lines.filter((line) => howOf(line) === how).length;
    return [
      [`${kind}, gross`, euro(sumOf(lines.map((line) => line.taxIncludedRatingAmount)))], [`${kind}, net`, euro(sumOf(lines.map((line) => line.taxExcludedRatingAmount)))],
      [`${kind}, lines charged`, of('charged')], [`${kind}, lines included`, of('included')], ...(kind === 'data' ? [[`${kind}, lines throttled`, of('throttled')] satisfies [string, Figure]] : []),
    ];
  }));
}

interface File extends Resource {
  readonly status?: string;
  readonly reason?: readonly { readonly code: string }[];
}

async function fileFigures(client: Client, records: number, recovered: number): Promise<Figures> {
  const [own, theirs] = await Promise.all([client.list(`${at('trunkline', 'usageImport')}?status.ne=brokenOff`), client.list(at('trunkline', 'wholesaleFile')) as unknown as Promise<readonly File[]>]);
  const sum = (files: readonly Resource[], name: string) => files.reduce((all, file) => all + Number(file[name] ?? 0), 0);
  const held = counted(theirs.flatMap(({ reason = [] }) => reason.map(({ code }) => `wholesale files held for ${code}`)));
  return {
    'own files': own.length, 'own records taken': records, ...(recovered > 0 ? { 'own records recovered': recovered } : {}),
    // An interrupted import is done again, so what it found repeated follows from all lines.
    'own lines repeated': sum(own, 'lines') - sum(own, 'refused') - records, 'own lines returned': sum(own, 'refused'),
    'wholesale files': theirs.length, 'wholesale records taken': sum(theirs, 'accepted'), 'wholesale lines returned': sum(theirs, 'returned'),
    'wholesale files accepted': theirs.filter(({ status }) => status === 'accepted').length, ...held,
  };
}

async function balanceFigures(client: Client, usage: readonly Usage[]): Promise<Figures> {
  const api = 'prepayBalanceManagement';
  const [buckets, topups, payments] = await Promise.all([
    client.list(`${at(api, 'bucket')}?usageType=monetary&fields=usageType,remainingValue,name,@type`), client.list(`${at(api, 'topupBalance')}?fields=amount,status`),
    client.list(`${at(api, 'adjustBalance')}?usageType=monetary&status=completed&fields=amount,@type`),
  ]);
  const purses = buckets.filter((bucket) => bucket['@type'] !== 'SpendBucket');
  const drawn = usage.flatMap(linesOf).filter(({ settledBy, usageRatingTag }) => settledBy === 'bucket' && usageRatingTag !== 'included usage');
  const fees = payments.filter((payment) => payment['@type'] !== 'BalanceDeduct').map(({ amount }) => microOf(amount));
  return {
    'purses': purses.length, 'before': '0', 'topped up': euro(sumOf(topups.filter(({ status }) => status === 'completed').map(({ amount }) => amount))),
    'fees and SIM cards': euro(-total(fees)), 'usage': euro(sumOf(drawn.map((line) => line.taxIncludedRatingAmount))),
    'after': euro(sumOf(purses.map(({ remainingValue }) => remainingValue))), 'below zero': purses.filter(({ remainingValue }) => microOf(remainingValue) < 0n).length,
  };
}

interface Bill extends Resource {
  readonly category?: string;
  readonly billingAccount: { readonly id: string };
  readonly taxItem?: readonly { readonly taxAmount?: Money }[];
}

const sign = ({ category }: Bill): bigint => (category === 'credit note' ? -1n : 1n);
const grossOf = (bill: Bill): bigint => sign(bill) * microOf(bill['taxIncludedAmount']);

function sums(bills: readonly Bill[]): readonly [net: string, tax: string, gross: string] {
  return [
    euro(total(bills.map((bill) => sign(bill) * microOf(bill['taxExcludedAmount'])))),
    euro(total(bills.map((bill) => sign(bill) * sumOf((bill.taxItem ?? []).map(({ taxAmount }) => taxAmount))))), euro(total(bills.map(grossOf))),
  ];
}

async function billFigures(client: Client): Promise<Figures> {
  const [all, accounts] = await Promise.all([client.list(at('customerBillManagement', 'customerBill')) as unknown as Promise<readonly Bill[]>, client.list(`${at('accountManagement', 'billingAccount')}?fields=name`)]);
  const names = new Map(accounts.map(({ id, name }) => [id, String(name)]));
  const [bills, further] = [all.filter(({ category }) => category !== 'trial' && category !== 'interim'), all.filter(({ category }) => category === 'interim')];
  const [net, tax, gross] = sums(bills);
  const [furtherNet, furtherTax, furtherGross] = sums(further);
  const open = bills.concat(further).filter(({ category }) => category !== 'credit note').map((bill) => bill['remainingAmount']);
  const largest = bills.concat(further).map((bill) => ({ account: names.get(bill.billingAccount.id) ?? '?', amount: grossOf(bill) }))
    .sort((a, b) => Number(b.amount - a.amount) || (a.account < b.account ? -1 : 1)).slice(0, MOST_ACCOUNTS);
  return {
    'bills': bills.length, net, tax, gross,
    ...(further.length > 0 ? { 'further bills': further.length, 'further bills, net': furtherNet, 'further bills, tax': furtherTax, 'further bills, gross': furtherGross } : {}),
    'still to be paid': euro(sumOf(open)),
    ...Object.fromEntries(largest.map(({ account, amount }) => [`gross of ${account}`, euro(amount)])),
  };
}

/** What was announced, by the event log, and what reached the partner. */
async function eventFigures(client: Client, { types }: Heard): Promise<Figures> {
  const wanted = Object.values(SUBSCRIPTIONS).flat();
  const published = await Promise.all(wanted.map((type) => client.count(`${at('trunkline', 'event')}?eventType=${type}&fields=eventType`)));
  return Object.fromEntries(wanted.flatMap((type, index) => [[`${type}, published`, published[index]!], [`${type}, delivered`, types.get(type) ?? 0]]));
}

/** What a consumer on RabbitMQ got, beside what should have been published. */
export const consumedFigures = ({ events }: Expected, types: ReadonlyMap<string, number>): Further =>
  Object.values(SUBSCRIPTIONS).flat().map((type) => [`${type}, consumed`, types.get(type) ?? 0, events[`${type}, published`] ?? 0]);

/** The figures that the report shows, as the product has them. */
export async function figures(client: Client, heard: Heard, differences: Differences): Promise<Expected> {
  const usage = await client.list(`${at('usageManagement', 'usage')}?fields=status,usageType,usageCharacteristic,ratedProductUsage`) as unknown as readonly Usage[];
  const valueOf = ({ usageCharacteristic = [] }: Usage, name: string) => String(usageCharacteristic.find((one) => one.name === name)?.value ?? '');
  const reasons = usage.filter(({ status }) => status === 'rejected').map((one) => valueOf(one, 'rejectReason'));
  const recordIds = new Map(usage.map((one) => [one.id, valueOf(one, 'recordId')]));
  const recovered = usage.filter((one) => valueOf(one, 'source') === 'recovery').length;
  const suspended = usage.filter(({ ratedProductUsage = [] }) => ratedProductUsage.some(({ afterSuspension }) => afterSuspension)).length;
  const [files, balances, bills, host, events] = await Promise.all([
    fileFigures(client, usage.length - recovered, recovered), balanceFigures(client, usage), billFigures(client), hostFigures(client, differences, recordIds), eventFigures(client, heard),
  ]);
  return {
    files, usage: { rated: 0, billed: 0, rejected: 0, ...counted(usage.map(({ status }) => status)), ...(suspended > 0 ? { 'after suspension': suspended } : {}) }, reasons: counted(reasons),
    rated: ratedFigures(usage), balances, bills, ...host, events,
  };
}
