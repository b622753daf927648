import { fault } from '../domain/fault';
import type { Behaviour } from '../rest/types';
import type { Doc } from '../store/codec';

interface Draft extends Doc {
  readonly asOf?: string;
  readonly billingAccount?: { readonly id: string };
  readonly release?: boolean;
}

/** A bill run is kept here and carried out by the billing workers. */
export const billRun: Behaviour = {
  async createBillRun(request, unit, generic) {
    const answer = await generic(request, unit);
    const draft = answer.body as Draft;
    const accountId = draft.billingAccount?.id;
    if (accountId !== undefined && !await unit.store.read('billingAccount', accountId)) {
      throw fault('BIL-02', `There is no billing account '${accountId.slice(0, 80)}'. List them at /tmf-api/accountManagement/v4/billingAccount.`);
    }
    if (draft.release === true && accountId === undefined) throw fault('BIL-02', 'release is for one account that somebody looked at. Name it in billingAccount.');
    if (draft.asOf !== undefined && new Date(draft.asOf) > unit.now) throw fault('BIL-02', `asOf ${draft.asOf} lies in the future. A period is billed when it is over.`);
    const now = unit.now.toISOString();
    return { ...answer, body: unit.save('billRun', { ...draft, asOf: draft.asOf ?? now, creationDate: now }) };
  },
};
