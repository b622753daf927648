import type { Logger } from 'winston';
import type { Store } from '../../store/store';
import type { NumberRules } from '../identity';

/** The timer that has an order looked at again; its subject is the order, or the order and an item: `<order>:<item>`. */
export const ORDER_TIMER = 'order';

/** The timer that looks at a number port when its window opens. */
export const PORT_TIMER = 'numberPort';

/** The timer of a cancellation that is asked for a later date. */
export const CANCEL_TIMER = 'cancelProductOrder';

/** What carrying out orders needs, made once at start. */
export interface Ordering {
  readonly store: Store;
  readonly log: Logger;
  readonly numbers: NumberRules;
  /** The outside system that activates services; none: every item goes at once. */
  readonly fulfilment?: {
    /** Base address of a TMF641 service ordering API; none: it listens to our events. */
    readonly url?: string;
    readonly timeoutMs: number;
  };
  readonly clearingHouse?: { readonly url: string };
  /** Our name as an operator, to the clearing house. */
  readonly operator: string;
}
