import { scaled, text, total, type Micro } from '../generate/exact';
import { CLASSES, type Class } from '../generate/wholesale';
import type { Expected, Figure, Figures } from '../books/expected';
import { SUBSCRIPTIONS, type Heard } from '../play/listener';
import { at, type Client, type Resource } from '../play/http';

/** What the product says, read through its APIs and added up by the demo's own arithmetic. */

interface Money {
  readonly value?: number;
  readonly amount?: number;
}

/** The digits of a JSON number, as millionths. */
export function microOf(money: unknown): Micro {
  const { value, amount } = (money ?? {}) as Money;
  const number = value ?? amount ?? 0;
  const digits = Math.abs(number) < 1e-6 && number !== 0 ? number.toFixed(12).replace(/0+$/, '') : String(number);
  return scaled(digits, 6);
}

const euro = (value: Micro): string => text(value, 6);
const sumOf = (list: readonly unknown[]): Micro => total(list.map(microOf));

interface Line {
  readonly usageRatingTag?: string;
  readonly offerTariffType?: string;
  readonly settledBy?: string;
  readonly taxIncludedRatingAmount?: Money;
  readonly taxExcludedRatingAmount?: Money;
}

interface Usage extends Resource {
  readonly status: string;
  readonly usageType: string;
  readonly usageCharacteristic?: readonly { readonly name: string; readonly value: unknown }[];
  readonly ratedProductUsage?: readonly Line[];
}

const linesOf = ({ ratedProductUsage = [] }: Usage): readonly Line[] => ratedProductUsage;
const howOf = ({ usageRatingTag, offerTariffType }: Line): 'included' | 'charged' | 'throttled' =>
  (usageRatingTag === 'included usage' ? 'included' : offerTariffType === 'throttled' ? 'throttled' : 'charged');

const counted = (keys: readonly string[]): Figures => {
  const counts: Record<string, number> = {};
  for (const key of [...keys].sort()) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

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

async function fileFigures(client: Client, records: number): Promise<Figures> {
  const [own, theirs] = await Promise.all([client.list(at('trunkline', 'usageImport')), client.list(at('trunkline', 'wholesaleFile'))]);
  const sum = (files: readonly Resource[], name: string) => files.reduce((all, file) => all + Number(file[name] ?? 0), 0);
  return {
    'own files': own.length, 'own records taken': records,
    // An interrupted import is done again, so what it found repeated follows from all lines.
    'own lines repeated': sum(own, 'lines') - sum(own, 'refused') - records, 'own lines returned': sum(own, 'refused'),
    'wholesale files': theirs.length, 'wholesale records taken': sum(theirs, 'accepted'), 'wholesale lines returned': sum(theirs, 'returned'),
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

async function billFigures(client: Client): Promise<Figures> {
  const [all, accounts] = await Promise.all([client.list(at('customerBillManagement', 'customerBill')), client.list(`${at('accountManagement', 'billingAccount')}?fields=name`)]);
  const names = new Map(accounts.map(({ id, name }) => [id, String(name)]));
  const bills = all.filter(({ category }) => category !== 'trial');
  const sign = ({ category }: Resource): bigint => (category === 'credit note' ? -1n : 1n);
  const sum = (of: (bill: Resource) => unknown) => euro(total(bills.map((bill) => sign(bill) * microOf(of(bill)))));
  const taxes = total(bills.map((bill) => sign(bill) * sumOf((bill['taxItem'] as readonly { taxAmount?: Money }[] | undefined ?? []).map(({ taxAmount }) => taxAmount))));
  const byAccount = bills.map((bill) => [names.get((bill['billingAccount'] as { id: string }).id) ?? '?', euro(sign(bill) * microOf(bill['taxIncludedAmount']))] as const);
  return {
    'bills': bills.length, 'net': sum((bill) => bill['taxExcludedAmount']), 'tax': euro(taxes), 'gross': sum((bill) => bill['taxIncludedAmount']),
    ...Object.fromEntries(byAccount.map(([account, gross]) => [`gross of ${account}`, gross])),
  };
}

interface ClassSums {
  readonly class: string;
  readonly items?: number;
  readonly charged?: Money;
  readonly leakageCost?: Money;
  readonly retailValue?: Money;
  readonly claim?: Money;
  readonly accrual?: Money;
}

interface Run extends Resource {
  readonly sums?: { readonly charged?: Money };
  readonly classSums?: readonly ClassSums[];
  readonly control?: { readonly ownInItems?: number; readonly wholesaleInItems?: number; readonly complete?: boolean };
}

async function leakageFigures(client: Client): Promise<{ readonly leakage: Figures; readonly control: Figures }> {
  const runs = await client.list(at('trunkline', 'reconciliationRun')) as unknown as readonly Run[];
  const run = runs.at(-1);
  const items = await client.list(`${at('trunkline', 'reconciliationItem')}?class=missingInRetail&fields=class,reason`);
  const leakage: Record<string, Figure> = {};
  for (const name of CLASSES) {
    const sums: ClassSums = run?.classSums?.find((one) => one.class === name) ?? { class: name satisfies Class };
    leakage[name] = sums.items ?? 0;
    for (const [money, label] of [[sums.leakageCost, 'wholesale cost'], [sums.retailValue, 'retail value'], [sums.claim, 'claim'], [sums.accrual, 'accrual']] as const) {
      if (microOf(money) !== 0n) leakage[`${name}, ${label}`] = euro(microOf(money));
    }
  }
  for (const [reason, count] of Object.entries(counted(items.map(({ reason }) => String(reason))))) leakage[`missingInRetail, ${reason}`] = count;
  leakage['charged by the host'] = euro(microOf(run?.sums?.charged));
  const { ownInItems = 0, wholesaleInItems = 0, complete = false } = run?.control ?? {};
  return { leakage, control: { 'own records in items': ownInItems, 'wholesale records in items': wholesaleInItems, 'every record in one item': complete ? 'yes' : 'no' } };
}

/** What the broker confirmed, by the event log, and what reached the partner. */
async function eventFigures(client: Client, { types }: Heard): Promise<Figures> {
  const wanted = Object.values(SUBSCRIPTIONS).flat();
  const published = await Promise.all(wanted.map((type) => client.count(`${at('trunkline', 'event')}?eventType=${type}&sent=true&fields=eventType`)));
  return Object.fromEntries(wanted.flatMap((type, index) => [[`${type}, published`, published[index]!], [`${type}, delivered`, types.get(type) ?? 0]]));
}

/** The figures that the report shows, as the product has them. */
export async function figures(client: Client, heard: Heard): Promise<Expected> {
  const usage = await client.list(`${at('usageManagement', 'usage')}?fields=status,usageType,usageCharacteristic,ratedProductUsage`) as unknown as readonly Usage[];
  const reasons = usage.filter(({ status }) => status === 'rejected').map(({ usageCharacteristic = [] }) => String(usageCharacteristic.find(({ name }) => name === 'rejectReason')?.value));
  const [files, balances, bills, { leakage, control }] = await Promise.all([fileFigures(client, usage.length), balanceFigures(client, usage), billFigures(client), leakageFigures(client)]);
  return {
    files, usage: { rated: 0, billed: 0, rejected: 0, ...counted(usage.map(({ status }) => status)) }, reasons: counted(reasons), rated: ratedFigures(usage), balances, bills, leakage, control,
    events: await eventFigures(client, heard),
  };
}
