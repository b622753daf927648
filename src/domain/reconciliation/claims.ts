import { decimal, jsonNumber, sum } from '../amount';
import type { Contract } from './contract';
import type { ItemClass, ReconciliationItem } from './item';
import { ageInDays, type ItemStatus } from './itemLife';

/** One line of the claim file for the host: its own record, what it charged, what is asked back, and by when. */
export interface ClaimRow {
  readonly item: string;
  readonly wholesale: string;
  readonly file: string;
  readonly line: number | null;
  readonly service: string;
  readonly usageDate: string;
  readonly class: ItemClass;
  readonly charge: number;
  readonly contractCharge: number | null;
  readonly claim: number;
  readonly currency: string;
  readonly ageDays: number;
  /** Days until the contract no longer takes the claim; null without a deadline, negative when it is over. */
  readonly daysLeft: number | null;
}

export interface ClaimFile {
  readonly rows: readonly ClaimRow[];
  /** Claims whose deadline has passed; not in `total`. */
  readonly expired: readonly ClaimRow[];
  readonly total: number;
  readonly materiality: number;
  /** Whether the total reaches what the contract asks for before a claim is taken. */
  readonly material: boolean;
}

type Claimable = ReconciliationItem & { readonly status?: ItemStatus };

/** What to claim from a host: items with a claim that are not closed, oldest first. */
export function claimFile(items: readonly Claimable[], contract: Contract, asOf: Date): ClaimFile {
  const { materiality = 0, deadlineDays } = contract.claims ?? {};
  const rows = items.filter(({ claim, status = 'open' }) => claim > 0 && (status === 'open' || status === 'disputed')).map((item): ClaimRow => {
    const ageDays = ageInDays(item.usageDate, asOf);
    return {
      item: item.id, wholesale: item.wholesale.join(' '), file: item.file ?? '', line: item.line ?? null, service: item.service, usageDate: item.usageDate,
      class: item.class, charge: item.charge, contractCharge: item.contractCharge, claim: item.claim, currency: contract.currency, ageDays,
      daysLeft: deadlineDays === undefined ? null : deadlineDays - ageDays,
    };
  }).sort((a, b) => b.ageDays - a.ageDays || (a.item < b.item ? -1 : 1));
  const open = rows.filter(({ daysLeft }) => daysLeft === null || daysLeft >= 0);
  const total = sum(open.map(({ claim }) => decimal(claim)));
  return {
    rows: open, expired: rows.filter(({ daysLeft }) => daysLeft !== null && daysLeft < 0),
    total: jsonNumber(total), materiality, material: open.length > 0 && total.gte(decimal(materiality)),
  };
}
