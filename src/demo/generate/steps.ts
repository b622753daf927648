import type { Named } from './catalogue';
import type { Kind } from './offers';

/** One thing that happens in the play, at a time of the business clock. The player does them in order; the demo's own books follow along. */
export type Step = OrderStep | PortStep | PortOutStep | CustomerStep | TopupStep | UsageFileStep | BillRunStep | BillOnDemandStep | PaymentStep
  | WholesaleFileStep | AcceptFileStep | LineListStep | StatementStep | ReconciliationStep | RecoveryStep | WaitStep;

interface At {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What an order means for the books. */
export type About =
  | { readonly what: 'card'; readonly line: string }
  | { readonly what: 'signUp'; readonly line: string }
  | { readonly what: 'bundle'; readonly account: string; readonly lines: readonly string[] }
  | { readonly what: 'plan'; readonly line: string; readonly offer: string }
  | { readonly what: 'addOn'; readonly line: string; readonly offer: string }
  | { readonly what: 'end'; readonly line: string }
  | { readonly what: 'identity'; readonly line: string };

/** A customer's order; found again by its key as externalId. */
export interface OrderStep extends At {
  readonly step: 'order';
  readonly key: string;
  readonly account: string;
  readonly customer: string;
  readonly items: readonly OrderItem[];
  readonly about: readonly About[];
  /** It waits for a number to be ported. */
  readonly waits?: true;
}

export interface OrderItem {
  readonly id: string;
  readonly action: string;
  readonly productOffering?: Named & { readonly name: string };
  readonly product?: Readonly<Record<string, unknown>>;
  readonly productOrderItem?: readonly OrderItem[];
}

/** A number that comes to us moves now; or its donor has refused, and the customer mends the account that it is asked for with. */
export interface PortStep extends At {
  readonly step: 'port';
  readonly order: string;
  readonly msisdn: string;
  readonly mended?: string;
}

/** A number leaves. */
export interface PortOutStep extends At {
  readonly step: 'portOut';
  readonly key: string;
  readonly msisdn: string;
  readonly line: string;
  /** The product that ends with it. */
  readonly product: string;
}

/** A customer is suspended. */
export interface CustomerStep extends At {
  readonly step: 'customer';
  readonly customer: string;
  readonly status: 'suspended';
}

export interface TopupStep extends At {
  readonly step: 'topup';
  readonly key: string;
  readonly account: string;
  readonly bucket: string;
  readonly amount: number;
  readonly currency: string;
  /** The suspended product that begins anew with it. */
  readonly mends?: string;
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

/** A further bill for what came after the bill run. */
export interface BillOnDemandStep extends At {
  readonly step: 'billOnDemand';
  readonly accounts: readonly string[];
}

/** Bills are paid; one payment bounces. */
export interface PaymentStep extends At {
  readonly step: 'payment';
  readonly accounts: readonly string[];
  readonly bounced: string;
}

export interface WholesaleFileStep extends At {
  readonly step: 'wholesaleFile';
  readonly file: string;
  readonly again?: true;
}

/** Somebody lets a held file be compared, with what was agreed to be wrong with it. */
export interface AcceptFileStep extends At {
  readonly step: 'acceptFile';
  readonly file: string;
  readonly correction?: { readonly shiftMs?: number; readonly factor?: number; readonly service?: Kind };
}

export interface LineListStep extends At {
  readonly step: 'lineList';
  readonly file: string;
}

export interface StatementStep extends At {
  readonly step: 'statement';
  readonly file: string;
}

export interface ReconciliationStep extends At {
  readonly step: 'reconciliation';
  readonly name: RunName;
  readonly from: number;
  readonly until: number;
}

/** A look that finds faulty files, the one that counts, and the one that sees what became of it. */
export type RunName = 'first look' | 'leakage' | 'after recovery';

/** Usage is made of what the host charged and we never had. */
export interface RecoveryStep extends At {
  readonly step: 'recovery';
}

/** Nothing but time goes by: renewals and other due dates take effect. */
export interface WaitStep extends At {
  readonly step: 'wait';
}
