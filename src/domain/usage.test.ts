import { usage } from '../../test/fixtures/rating';
import { isRefused, usageContent, usageFacts, usageIdentity, usageReference } from './usage';

const AT = '2026-10-08T18:58:30+01:00';
const reasonOf = (...given: Parameters<typeof usage>) => {
  const facts = usageFacts(usage(...given));
  return isRefused(facts) ? facts.reason : 'none';
};

describe('the facts of a usage', () => {
  it('of a call: seconds, direction, numbers and the instant', () => {
    expect(usageFacts(usage('voice', AT, { servedMsisdn: '+353209100012', imsi: '001010000000012', duration: 310, calledNumber: '447700900123', direction: 'MOC', recordId: '7f3a01', source: 'switch' }))).toEqual({
      service: 'voice', usageDate: AT, usageAt: Date.parse(AT), quantity: 310, direction: 'outgoing',
      msisdn: '353209100012', imsi: '001010000000012', calledNumber: '447700900123', recordId: '7f3a01', source: 'switch',
    });
  });

  it.each([
    ['octets up and down', { uplinkOctets: 1204511, downlinkOctets: 58311020 }, 59515531],
    ['only one side', { downlinkOctets: '58311020' }, 58311020],
    ['KB', { volume: 3 }, 3072],
    ['a part of an octet is one more', { volume: 1.3 }, 1332],
    ['another unit', { volume: '2', volumeUnit: 'MB' }, 2 * 1024 ** 2],
    ['a Quantity', { volume: { amount: 1, units: 'GB' } }, 1024 ** 3],
  ])('of data: %s', (_title, characteristics, quantity) => expect(usageFacts(usage('data', AT, characteristics))).toMatchObject({ quantity }));

  it('of an SMS: one message, sent by whoever its sender says', () => {
    expect(usageFacts(usage('sms', AT, { callingNumber: 'BANK', direction: 'incoming' }))).toMatchObject({ quantity: 1, direction: 'incoming', callingNumber: 'BANK' });
  });

  it.each([
    ['missingUsageType', '', AT, {}], ['malformedUsageType', 'fax', AT, {}], ['malformedUsageDate', 'sms', '31.02.', {}],
    ['malformedUsageDate', 'sms', '2026-10-08T18:58:30', {}], ['missingDuration', 'voice', AT, {}], ['malformedDuration', 'voice', AT, { duration: '12,5' }],
    ['malformedDuration', 'voice', AT, { duration: -1 }], ['missingVolume', 'data', AT, {}], ['malformedVolume', 'data', AT, { uplinkOctets: 'many' }],
    ['malformedVolume', 'data', AT, { volume: 1, volumeUnit: 'min' }], ['malformedDirection', 'sms', AT, { direction: 'sideways' }],
    ['malformedImsi', 'sms', AT, { imsi: '1.01E+12' }], ['malformedVisitedTimeZone', 'sms', AT, { visitedTimeZone: 'Europe/Atlantis' }], ['malformedMsisdn', 'sms', AT, { msisdn: 'abc' }], ['missingMsisdn', 'sms', AT, { msisdn: '' }],
  ])('are refused with %s (%s, %s, %j)', (reason, type, date, characteristics) => expect(reasonOf(type, date, characteristics)).toBe(reason));

  it('are refused without a date', () => expect(usageFacts({ usageType: 'sms' })).toMatchObject({ reason: 'missingUsageDate' }));
});

describe('the identity of a usage', () => {
  const sms = (more: Record<string, unknown>) => usage('sms', AT, { recordId: '7f3a03', source: 'smsc', smsRef: 5521, smsPart: 2, ...more });

  it('is specification, source and record id', () => {
    expect(usageIdentity(sms({}))).toBe(usageIdentity({ ...sms({ smsPart: 3 }), usageDate: '2026-10-09T00:00:00Z' }));
    expect(usageIdentity(sms({ source: 'other' }))).not.toBe(usageIdentity(sms({})));
    expect(usageIdentity({ ...sms({}), usageSpecification: { id: 'SmsUsage' } })).not.toBe(usageIdentity(sms({})));
  });

  it('is none without a record id: each such usage is a new one', () => expect(usageIdentity(usage('sms', AT))).toBeUndefined());

  it('by reference tells the parts of one long SMS apart, and finds the same part under another record id', () => {
    expect(usageReference(sms({ recordId: 'again' }))).toBe(usageReference(sms({})));
    expect(usageReference(sms({ smsPart: 3 }))).not.toBe(usageReference(sms({})));
    expect(usageReference(usage('sms', AT))).toBeUndefined();
  });
});

describe('the content of a usage', () => {
  const one = usage('voice', AT, { recordId: 'r', duration: 60 });

  it('is the same in another order, with another offset, and after the server added its own', () => {
    const same = { status: 'rated', id: 'u-1', href: '/u-1', ...one, usageDate: '2026-10-08T17:58:30Z', usageCharacteristic: [...one.usageCharacteristic!].reverse() };
    expect(usageContent(same)).toBe(usageContent(one));
  });

  it('is the same wherever the record stood', () => {
    const at = (sourceFile: string, sourceLine: number) => usage('voice', AT, { recordId: 'r', duration: 60, sourceFile, sourceLine });
    expect(usageContent(at('again.csv', 7))).toBe(usageContent(at('first.csv', 3)));
  });

  it('differs when the duration does', () => expect(usageContent(usage('voice', AT, { recordId: 'r', duration: 61 }))).not.toBe(usageContent(one)));
});
