import type { Store } from './store';

/** Who issues bills, as kept under /trunkline/v1/supplier/default. */
export interface Supplier {
  readonly id: string;
  readonly name?: string;
  readonly taxId?: string;
  readonly address?: readonly string[];
  readonly email?: string;
  readonly phone?: string;
  readonly website?: string;
  readonly bankAccount?: string;
  readonly registration?: string;
  readonly billPrefix?: string;
  readonly draftGraceHours?: number;
  readonly sendAfterHours?: number;
}

/** The supplier that applies; without one kept, bills have numbers and no letterhead. */
export const readSupplier = async (store: Store): Promise<Supplier> => (await store.read<Supplier>('supplier', 'default'))?.doc ?? { id: 'default' };
