import type { SettableClock } from '../clock';
import type { Config } from '../config';
import type { Behaviour } from '../rest/types';
import type { Api } from '../spec/operation';
import { apiDocument } from './apiDocument';
import { extensionSchema } from './extensionSchema';
import { eventDescription } from './eventDescription';
import { file } from './file';
import { received } from './inbound/received';
import { notificationSource } from './inbound/source';
import type { Mounts } from './mounts';
import { numberPort } from './numberPort';
import { account } from './account';
import { billing } from './billing';
import { customerBill } from './customerBill';
import { prepayBalance } from './prepayBalance';
import { priceCheck } from './priceCheck';
import { productCatalog } from './productCatalog';
import { productInventory } from './productInventory';
import { productOrdering } from './productOrdering';
import { reconciliation } from './reconciliation';
import { reference } from './reference';
import { repricing } from './repricing';
import { rerating } from './rerating';
import { trunkline } from './trunkline';
import { usage } from './usage';
import { usageImport } from './usageImport';

export interface BehaviourParts {
  readonly config: Config;
  readonly clock: SettableClock;
  /** All that is served, for behaviour that reaches over one API. */
  readonly apis: readonly Api[];
  /** The documents handed in at run time; there once the engine is. */
  readonly mounts: () => Mounts;
}

/** What each API does beyond the generic operations, by the document's x-api-id in lower case. */
export const behaviours = (parts: BehaviourParts): Readonly<Record<string, Behaviour>> => ({
  tmf635: usage,
  tmf666: account,
  tmf678: customerBill,
  tmf654: prepayBalance(parts),
  tmf620: productCatalog,
  tmf622: productOrdering(parts),
  tmf637: productInventory(parts),
  trunkline: { ...trunkline(parts), ...eventDescription(parts), ...billing, ...usageImport(parts.apis), ...rerating, ...repricing(parts), ...extensionSchema(parts.apis), ...apiDocument(parts.apis, parts.mounts), ...reference, ...notificationSource(parts), ...received(parts), ...file, ...numberPort, ...priceCheck, ...reconciliation(parts.apis) },
});
