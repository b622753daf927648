import type { MappingProfile } from './profile';

/** Our own call detail file: one header line with the column names, a trailer T,<lines>,<seconds>,<octets>. */
const trunklineUsage: MappingProfile = {
  name: 'trunkline-usage',
  side: 'own',
  format: 'csv',
  encoding: 'utf-8',
  separator: ',',
  quote: '"',
  decimalSign: '.',
  trailer: {
    mark: 'T', columns: ['mark', 'lines', 'seconds', 'octets'], lines: 'lines',
    totals: { seconds: { stated: 'seconds', of: ['durationSec'] }, octets: { stated: 'octets', of: ['uplinkOctets', 'downlinkOctets'] } },
  },
  time: { format: 'iso', timeZone: 'UTC' },
  numbers: { country: '353', internationalPrefix: '00', nationalPrefix: '0' },
  fields: {
    id: 'recordId',
    service: { column: 'recordType', values: { MOC: 'voice', MTC: 'voice', CF: 'voice', SMS_MO: 'sms', SMS_MT: 'sms', DATA: 'data' } },
    // A forwarded call is an outgoing leg that the served party pays.
    direction: { column: 'recordType', values: { MOC: 'outgoing', CF: 'outgoing', SMS_MO: 'outgoing', MTC: 'incoming', SMS_MT: 'incoming', DATA: null } },
    imsi: 'servedImsi',
    msisdn: 'servedMsisdn',
    otherParty: { byDirection: { outgoing: 'calledNumber', incoming: 'callingNumber' } },
    start: 'startTime',
    visitedNetwork: 'visitedNetwork',
    chargingId: 'chargingId',
    gateway: 'gatewayAddress',
    reference: { sms: ['smsRef', 'smsPart'], data: ['partialSeq'] },
  },
  quantity: {
    voice: { columns: ['durationSec'], unit: 'second' },
    sms: { constant: 1 },
    data: { columns: ['uplinkOctets', 'downlinkOctets'], unit: 'octet' },
  },
};

/** Northcell's daily wholesale file: header H, records D, trailer T; local time without offset, national numbers, decimal comma. */
const northcell: MappingProfile = {
  name: 'northcell',
  side: 'wholesale',
  host: 'northcell',
  format: 'csv',
  encoding: 'windows-1252',
  separator: ';',
  columns: ['type', 'ref', 'service', 'imsi', 'msisdn', 'other', 'start', 'sec', 'KB', 'tadig', 'rateClass', 'charge', 'chargingId', 'gateway'],
  detailMark: 'D',
  header: {
    mark: 'H', columns: ['mark', 'sender', 'recipient', 'sequence', 'createdAt', 'day', 'timeZone', 'currency'],
    sender: 'sender', recipient: 'recipient', sequence: 'sequence', currency: 'currency',
  },
  trailer: { mark: 'T', columns: ['mark', 'lines', 'total', 'earliest', 'latest'], lines: 'lines', total: 'total', earliest: 'earliest', latest: 'latest' },
  decimalSign: ',',
  time: { format: 'dd.MM.yyyy HH:mm:ss', timeZone: 'Europe/Dublin', ambiguousTime: 'byFileOrder' },
  numbers: { country: '353', internationalPrefix: '00', nationalPrefix: '0' },
  fields: {
    id: 'ref',
    service: { column: 'service', values: { V: 'voice', S: 'sms', G: 'data' } },
    imsi: 'imsi',
    msisdn: 'msisdn',
    otherParty: 'other',
    start: 'start',
    visitedNetwork: 'tadig',
    chargingId: 'chargingId',
    gateway: 'gateway',
    charge: 'charge',
    rateClass: 'rateClass',
  },
  quantity: {
    voice: { columns: ['sec'], unit: 'second' },
    sms: { constant: 1 },
    data: { columns: ['KB'], unit: 'KB' },
  },
};

export const BUILT_IN_PROFILES: Readonly<Record<string, MappingProfile>> = { 'trunkline-usage': trunklineUsage, northcell };
