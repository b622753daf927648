import type { SettableClock } from '../clock';
import type { Config } from '../config';
import type { Behaviour } from '../rest/types';
import type { Api } from '../spec/operation';
import { prepayBalance } from './prepayBalance';
import { productCatalog } from './productCatalog';
import { reference } from './reference';
import { trunkline } from './trunkline';
import { usage } from './usage';
import { usageImport } from './usageImport';

export interface BehaviourParts {
  readonly config: Config;
  readonly clock: SettableClock;
  /** All that is served, for behaviour that reaches over one API. */
  readonly apis: readonly Api[];
}

/** What each API does beyond the generic operations, by the document's x-api-id in lower case. */
export const behaviours = (parts: BehaviourParts): Readonly<Record<string, Behaviour>> => ({
  tmf635: usage,
  tmf654: prepayBalance(parts),
  tmf620: productCatalog,
  trunkline: { ...trunkline(parts), ...usageImport(parts.apis), ...reference },
});
