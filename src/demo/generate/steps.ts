import type { Named } from './catalogue';

/** One thing that happens in the play, at a time of the business clock. The player does them in order; the demo's own books follow along. */
export type Step = OrderStep | TopupStep | UsageFileStep | BillRunStep | WholesaleFileStep | ReconciliationStep | WaitStep;

interface At {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A customer's order; found again by its key as externalId. */
export interface OrderStep extends At {
  readonly step: 'order';
  readonly key: string;
  readonly account: string;
  readonly customer: string;
  readonly items: readonly OrderItem[];
}

export interface OrderItem {
  readonly id: string;
  readonly action: string;
  readonly productOffering?: Named & { readonly name: string };
  readonly product: Readonly<Record<string, unknown>>;
}

export interface TopupStep extends At {
  readonly step: 'topup';
  readonly key: string;
  readonly account: string;
  readonly bucket: string;
  readonly amount: number;
  readonly currency: string;
}

/** A file of our own usage arrives; `again` when it came before. */
export interface UsageFileStep extends At {
  readonly step: 'usageFile';
  readonly file: string;
  readonly again?: true;
}

/** All open accounts are billed for the period. */
export interface BillRunStep extends At {
  readonly step: 'billRun';
  readonly from: number;
  readonly until: number;
}

export interface WholesaleFileStep extends At {
  readonly step: 'wholesaleFile';
  readonly file: string;
  readonly again?: true;
}

export interface ReconciliationStep extends At {
  readonly step: 'reconciliation';
  readonly from: number;
  readonly until: number;
}

/** Nothing but time goes by: renewals and other due dates take effect. */
export interface WaitStep extends At {
  readonly step: 'wait';
}
