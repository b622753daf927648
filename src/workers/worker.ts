import type { Logger } from 'winston';
import type { Broker } from '../events/broker';
import type { Store } from '../store/store';

/** What every worker is given. */
export interface WorkerParts {
  readonly store: Store;
  readonly broker: Broker;
  readonly log: Logger;
  /** Holds a whole resource to the document of its collection. @throws Fault REQ-02 */
  readonly check: (collection: string, doc: unknown) => void;
}

/** A running worker. Stopping takes no more work, ends or gives back what it holds, and resolves. */
export interface Worker {
  stop(): Promise<void>;
}
