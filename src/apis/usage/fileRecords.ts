import type { Readable } from 'node:stream';
import { controlFile, type FileFacts } from '../../domain/reconciliation/fileControl';
import type { OwnRecord } from '../../domain/reconciliation/records';
import type { MappingProfile } from '../../mapping/profile';
import { readOwnRecords } from '../../mapping/readRecords';
import type { Line } from '../usageImport';

type Characteristic = { readonly name: string; readonly valueType: string; readonly value: string | number };

/** A file of own usage read by a mapping profile: its lines as TMF635 usage, and at the end what the file says of itself against what is in it. */
export function usageRecords(stream: Readable, profile: MappingProfile, name: string): { readonly lines: AsyncIterable<Line>; readonly doubts: () => string | undefined } {
  let control: FileFacts | undefined;
  return {
    lines: linesOf(stream, profile, name, (facts) => { control = facts; }),
    doubts: () => {
      const reasons = control ? controlFile(control, []).reasons : [];
      return reasons.length > 0 ? reasons.map((reason) => (typeof reason === 'string' ? reason : JSON.stringify(reason))).join('; ') : undefined;
    },
  };
}

async function* linesOf(stream: Readable, profile: MappingProfile, file: string, keep: (facts: FileFacts) => void): AsyncIterable<Line> {
  for await (const one of readOwnRecords(stream, profile, { file, cells: true })) {
    if ('control' in one) keep(one.control);
    else if ('returned' in one) {
      const { line, field, code, message } = one.returned;
      yield { line, code, message, ...(field === undefined ? {} : { field }) };
    } else yield { line: one.record.line ?? 0, usage: usageOf(one.record, profile, one.cells ?? {}) };
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
