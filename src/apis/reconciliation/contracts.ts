import { Fault, fault } from '../../domain/fault';
import { claimFile } from '../../domain/reconciliation/claims';
import { pricingOf } from '../../domain/reconciliation/contract';
import { claimsCsv } from '../../domain/reconciliation/report';
import { isDateTime } from '../../rest/formats';
import type { Behaviour } from '../../rest/types';
import { scan } from '../../store/scan';
import type { Store } from '../../store/store';
import { wholeContract } from '../../workers/reconciliation/contract';
import type { HostContract, ItemDocument } from '../../workers/reconciliation/documents';
import { ITEMS, keptItem } from '../../workers/reconciliation/items';

/** @throws Fault REC-05 that names what no run could work with */
async function checkContract(store: Store, document: HostContract): Promise<void> {
  try {
    pricingOf(await wholeContract(store, document));
  } catch (error) {
    throw error instanceof Fault ? fault('REC-05', error.message) : error;
  }
  const foreign = (document.price ?? []).find(({ price }) => price !== undefined && price.unit !== document.currency);
  if (foreign) throw fault('REC-05', `A price is in ${foreign.price!.unit}, the contract in ${document.currency}. Give all of it in one currency.`);
}

export const contracts: Behaviour = {
  async createHostContract(request, unit, generic) {
    const answer = await generic(request, unit);
    await checkContract(unit.store, answer.body as HostContract);
    return answer;
  },
  async patchHostContract(request, unit, generic) {
    const answer = await generic(request, unit);
    await checkContract(unit.store, answer.body as HostContract);
    return answer;
  },
  async readClaimFile({ params, query }, { store, now }) {
    const id = params['id'] ?? '';
    const held = await store.read<HostContract>('hostContract', id);
    if (!held) throw fault('REQ-08', `There is no hostContract '${id.slice(0, 80)}'. List them at /trunkline/v1/hostContract.`);
    const text = new URLSearchParams(query).get('asOf');
    const written = text?.replace(' ', '+');
    if (written !== undefined && !isDateTime(written)) throw fault('REQ-06', `asOf='${String(text).slice(0, 40)}' is not a date. Write 2026-11-05T00:00:00Z.`);
    const asOf = written === undefined ? now : new Date(written);
    const items = [];
    for await (const batch of scan<ItemDocument>(store, ITEMS, { host: id, status: { $in: ['open', 'disputed'] } })) {
      items.push(...batch.filter(({ claim }) => claim.value > 0).map((document) => ({ ...keptItem(document), file: document.wholesale[0]?.file?.name ?? '' })));
    }
    const claims = claimFile(items, await wholeContract(store, held.doc), asOf);
    return {
      status: 200, raw: [...claimsCsv(claims)].join(''), contentType: 'text/csv;charset=utf-8',
      headers: { 'X-Claim-Total': String(claims.total), 'X-Claim-Material': String(claims.material) },
    };
  },
};
