import type { Logger } from 'winston';
import type { Store } from '../../store/store';
import type { Tariffs } from '../rating/tariffs';

/** What billing needs, made once at start. */
export interface Billing {
  readonly store: Store;
  readonly log: Logger;
  /** For prices whose amounts are final only when the period closes. */
  readonly tariffs: Tariffs;
  /** Resolves when every bill kept so far has its number. */
  readonly numberBills: () => Promise<void>;
}
