import type { Logger } from 'winston';
import type { Store } from '../../store/store';
import type { NumberRules } from '../identity';

/** What carrying out orders needs, made once at start. */
export interface Ordering {
  readonly store: Store;
  readonly log: Logger;
  readonly numbers: NumberRules;
}
