import { fault } from '../../domain/fault';
import { hashId } from '../../domain/hashId';
import type { HostLine } from '../../domain/reconciliation/lines';
import { e164 } from '../../mapping/phoneNumber';
import { fileOf } from '../../rest/handlers';
import type { Answer, Behaviour } from '../../rest/types';
import { keepHostLines } from '../../store/hostLine';
import { readReference } from '../../store/reference';
import type { LineList } from '../../workers/reconciliation/lineItems';
import { alone, spooled } from './load';
import { amountIn, namedRows, type NamedRow } from './rows';

const MOST_RETURNED = 1000;
const STATES: Readonly<Record<string, HostLine['state']>> = {
  active: 'active', activated: 'active', suspended: 'suspended', barred: 'suspended', ended: 'ended', terminated: 'ended', deactivated: 'ended', cancelled: 'ended',
};

interface Returned {
  readonly line: number;
  readonly field: string;
  readonly code: string;
  readonly message: string;
  readonly raw: string;
}

/** A row of the list, or why it goes back to the host. Identities are texts: 1.01E+12 has lost its digits. */
function hostLine({ line, raw, cells }: NamedRow, numbers: Parameters<typeof e164>[1]): HostLine | Returned {
  const bad = (field: string, code: string): Returned => ({ line, field, code, message: `'${(cells[field] ?? '').slice(0, 40)}' is not right.`, raw: raw.slice(0, 2000) });
  const { iccid = '', imsi = '', msisdn = '', state = '', profile = '', activated = '', ended = '', fee = '' } = cells;
  if (iccid === '' && imsi === '' && msisdn === '') return bad('iccid', 'missing');
  for (const [field, text] of [['iccid', iccid], ['imsi', imsi]] as const) if (text !== '' && !/^\d{6,22}$/.test(text)) return bad(field, 'notDigits');
  const number = msisdn === '' ? undefined : e164(msisdn, numbers, false);
  if (msisdn !== '' && (number === undefined || !/^\d{3,15}$/.test(number))) return bad('msisdn', 'notDigits');
  const known = STATES[state.toLowerCase()];
  if (!known) return bad('state', 'unknownValue');
  for (const [field, text] of [['activated', activated], ['ended', ended]] as const) if (text !== '' && Number.isNaN(Date.parse(text))) return bad(field, 'noSuchDate');
  const amount = fee === '' ? undefined : amountIn(fee);
  if (fee !== '' && amount === undefined) return bad('fee', 'notANumber');
  return {
    ...(iccid !== '' && { iccid }), ...(imsi !== '' && { imsi }), ...(number !== undefined && { msisdn: number }), state: known, ...(profile !== '' && { profile }),
    ...(activated !== '' && { activated }), ...(ended !== '' && { ended }), ...(amount !== undefined && { fee: amount }), line, raw,
  };
}

const isReturned = (row: HostLine | Returned): row is Returned => 'code' in row;

export const lineLists: Behaviour = {
  async createLineList(request, { store, now }): Promise<Answer> {
    const parameters = new URLSearchParams(request.query);
    const host = parameters.get('host');
    if (!host) throw fault('REQ-06', 'host is missing. Name the host operator that wrote the list, such as host=northcell.');
    return spooled(fileOf(request), async (spool) => {
      const rows = await namedRows(spool, ['state']);
      const asOf = parameters.get('asOf') ?? rows.find(({ cells }) => cells['asOf'])?.cells['asOf'];
      if (asOf === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(asOf) || Number.isNaN(Date.parse(asOf))) throw fault('REC-01', 'The list says no date. Give it a column asOf, or the parameter asOf=2026-10-31.');
      const id = `ll-${hashId(host, spool.sha256, asOf)}`;
      const { homeCountryCode } = await readReference(store);
      const read = rows.map((row) => hostLine(row, homeCountryCode === undefined ? undefined : { country: homeCountryCode, nationalPrefix: '0', internationalPrefix: '00' }));
      const returned = read.filter(isReturned);
      const lines = read.filter((row): row is HostLine => !isReturned(row));
      return alone(store, `load:${id}`, async () => {
        const held = await store.read<LineList>('lineList', id);
        if (held) return { status: 200, body: held.doc, rev: held.rev };
        await keepHostLines(store, id, lines);
        const list = {
          id, host, name: parameters.get('name') ?? 'unnamed', asOf, sha256: spool.sha256, lines: lines.length, returned: returned.length,
          returnedLine: returned.slice(0, MOST_RETURNED), creationDate: now.toISOString(), '@type': 'LineList',
        };
        await store.run(async (unit) => { unit.save('lineList', list); });
        return { status: 201, body: list };
      });
    });
  },
};
