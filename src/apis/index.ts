import type { SettableClock } from '../clock';
import type { Config } from '../config';
import type { Behaviour } from '../rest/types';
import { productCatalog } from './productCatalog';
import { reference } from './reference';
import { trunkline } from './trunkline';
import { usage } from './usage';

export interface BehaviourParts {
  readonly config: Config;
  readonly clock: SettableClock;
}

/** What each API does beyond the generic operations, by the document's x-api-id in lower case. */
export const behaviours = (parts: BehaviourParts): Readonly<Record<string, Behaviour>> => ({
  tmf635: usage,
  tmf620: productCatalog,
  trunkline: { ...trunkline(parts), ...reference },
});
