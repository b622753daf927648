import type { ReconciliationResult } from '../../domain/reconciliation/reconcile';
import type { SystematicFault } from '../../domain/reconciliation/systematicFault';
import type { Store } from '../../store/store';
import type { ItemDocument, ReconciliationRun, WholesaleFile } from './documents';
import { ITEMS } from './items';

const sentence = ({ kind, correction, explained, unmatched, service }: SystematicFault): string => (kind === 'timeShift'
  ? `${explained} of ${unmatched} differences vanish when all its starts are moved by ${correction / 3_600_000} h. Accept it with the correction {"shiftMs": ${correction}}, or as it is.`
  : `${explained} of ${unmatched} differences vanish when all its quantities${service ? ` of ${service}` : ''} are multiplied by ${correction}. `
    + `Accept it with the correction ${JSON.stringify({ factor: correction, ...(service ? { service } : {}) })}, or as it is.`);

/** Holds files in which the run found a fault of the whole, and closes the finding of those that were accepted since. */
export async function holdFaultyFiles(store: Store, { heldFiles }: Pick<ReconciliationResult, 'heldFiles'>, files: readonly WholesaleFile[], run: ReconciliationRun): Promise<void> {
  const found = new Map(heldFiles.map((one) => [one.file, one]));
  await store.run(async (unit) => {
    for (const one of found.values()) {
      const file = await unit.get<WholesaleFile>('wholesaleFile', one.file);
      if (file?.status !== 'accepted') continue;
      unit.save('wholesaleFile', { ...file, status: 'held', statusDate: unit.now.toISOString(), reason: [...file.reason.filter(({ code }) => code !== one.kind), { code: one.kind, message: sentence(one) }] });
    }
    const sound = files.filter(({ id, status }) => status === 'accepted' && !found.has(id)).map(({ id }) => id);
    const open = await unit.list<ItemDocument>(ITEMS, { host: run.host, class: 'fileFault', status: { $in: ['open', 'disputed'] }, 'wholesale.file.id': { $in: sound } });
    for (const item of open) unit.save(ITEMS, { ...item, status: 'resolved', lastSeen: run.asOf, lastRun: { id: run.id, '@referredType': 'ReconciliationRun' } });
  });
}
