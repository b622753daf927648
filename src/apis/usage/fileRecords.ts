import { Fault } from '../../domain/fault';
import { controlFile, type FileFacts } from '../../domain/reconciliation/fileControl';
import type { OwnRecord } from '../../domain/reconciliation/records';
import type { MappingProfile } from '../../mapping/profile';
import { readOwnRecords } from '../../mapping/readRecords';
import { markAfter, rowsOf, textOf, type Source } from '../../mapping/rows';
import { parseJson } from '../../rest/body';

type Characteristic = { readonly name: string; readonly valueType: string; readonly value: string | number };

export interface ReturnedLine {
  readonly line: number;
  readonly field?: string;
  readonly code: string;
  readonly message: string;
}

/** A usage in a file, with the mark of the file up to it. */
export interface UsageLine {
  readonly line: number;
  readonly usage: Record<string, unknown>;
  readonly mark: string;
}

/** A line of a file: a usage to take, or why it cannot be read. */
export type Line = UsageLine | ReturnedLine;

export interface UsageFile {
  readonly lines: AsyncIterable<Line>;
  /** At the end: what the file says of itself that is not so. */
  readonly doubts: () => string | undefined;
}

/** A file of own usage read by a mapping profile: its lines as TMF635 usage, and at the end what the file says of itself against what is in it. */
export function usageRecords(source: Source, profile: MappingProfile, name: string): UsageFile {
  let control: FileFacts | undefined;
  return {
    lines: linesOf(source, profile, name, (facts) => { control = facts; }),
    doubts: () => {
      const reasons = control ? controlFile(control, []).reasons : [];
      return reasons.length > 0 ? reasons.map((reason) => (typeof reason === 'string' ? reason : JSON.stringify(reason))).join('; ') : undefined;
    },
  };
}

async function* linesOf(source: Source, profile: MappingProfile, file: string, keep: (facts: FileFacts) => void): AsyncIterable<Line> {
  for await (const one of readOwnRecords(source, profile, { file, cells: true, marks: true })) {
    if ('control' in one) keep(one.control);
    else if ('returned' in one) {
      const { line, field, code, message } = one.returned;
      yield { line, code, message, ...(field === undefined ? {} : { field }) };
    } else yield { line: one.record.line ?? 0, usage: usageOf(one.record, profile, one.cells ?? {}), mark: one.mark ?? '' };
  }
}

/** A file with one TMF635 usage a line, as JSON; empty lines are passed over. */
export const usageLines = (source: Source): UsageFile => ({ lines: jsonLines(source), doubts: () => undefined });

async function* jsonLines(source: Source): AsyncIterable<Line> {
  let mark = '';
  for await (const rows of rowsOf(textOf(source, 'utf-8').chunks, { format: 'ndjson' })) {
    for (const { line, text } of rows) {
      if (text.trim() === '') continue;
      mark = markAfter(mark, text);
      yield readLine(text, line, mark);
    }
  }
}

function readLine(text: string, line: number, mark: string): Line {
  try {
    const usage = parseJson(text);
    if (typeof usage === 'object' && usage !== null && !Array.isArray(usage)) return { line, usage: usage as Record<string, unknown>, mark };
    return { line, code: 'REQ-02', message: 'The line is not a JSON object.' };
  } catch (error) {
    if (error instanceof Fault) return { line, code: error.code, message: error.message };
    throw error;
  }
}

/** A record as a TMF635 usage. File and line come along, so that a bill leads back to the line. */
export function usageOf(record: OwnRecord, profile: Pick<MappingProfile, 'name'>, cells: Readonly<Record<string, string>>): Record<string, unknown> {
  const { id, service, imsi, msisdn, direction, otherParty, start, quantity, visitedNetwork, chargingId, gateway, reference, file, line } = record;
  const other = direction === 'incoming' ? 'callingNumber' : 'calledNumber';
  const octets = service === 'data' ? octetsIn(cells) ?? { volume: quantity } : {};
  const values: Record<string, string | number | undefined> = {
    recordId: id || undefined, source: profile.name, imsi, msisdn, direction: cells['recordType'] === 'CF' ? 'forwarded' : direction, [other]: otherParty, visitedNetwork,
    ...(service === 'voice' ? { duration: quantity } : {}), ...octets, ...('volume' in octets ? { volumeUnit: 'octet' } : {}),
    ...(service === 'sms' && reference !== undefined ? { smsRef: cells['smsRef'], smsPart: cells['smsPart'], smsParts: cells['smsParts'] } : {}),
    chargingId, gatewayAddress: gateway, partialSeq: cells['partialSeq'], apn: cells['apn'], ratingGroup: cells['ratingGroup'], routingNumber: cells['routingNumber'],
    sourceFile: file, sourceLine: line,
  };
  return {
    usageDate: new Date(start).toISOString(), usageType: service, '@type': 'Usage',
    usageCharacteristic: Object.entries(values).flatMap(([name, value]): Characteristic[] =>
      (value === undefined || value === '' ? [] : [{ name, valueType: typeof value === 'number' ? 'number' : 'string', value }])),
  };
}

function octetsIn(cells: Readonly<Record<string, string>>): Record<string, number> | undefined {
  const { uplinkOctets, downlinkOctets } = cells;
  return uplinkOctets && downlinkOctets ? { uplinkOctets: Number(uplinkOctets), downlinkOctets: Number(downlinkOctets) } : undefined;
}
