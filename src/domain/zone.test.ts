import { prefixes, worldZones } from './prefixes';
import { calledDigits, checkZoneTable, zoneLookup } from './zone';

const world = zoneLookup(worldZones('world'));

describe('the zone of a number', () => {
  it.each([
    ['353871234567', 'national'], ['447700900123', 'W1'], ['447781123456', 'W2'], ['18765550123', 'W3'], ['12125550123', 'W1'],
    ['917012345678', 'W2'], ['881612345678', 'satellite'], ['1800123456', 'free'], ['1550123456', 'premium'],
  ])('%s is in %s: the longest prefix wins', (number, zone) => expect(world(number)).toBe(zone));

  it('is that of the whole number for a short code, which is no prefix', () => {
    expect(world('171')).toBe('free');
    expect(world('17175550100')).toBe('W1');
  });

  it('is none when nothing matches', () => {
    expect(world('0')).toBeUndefined();
    expect(world('')).toBeUndefined();
    expect(world('2105550100')).toBeUndefined();
  });

  it('is that of its network where a routing number names it, whatever the prefix', () => {
    const lookup = zoneLookup({ id: 't', zones: [{ name: 'onNet', routingNumbers: ['D123'] }, { name: 'mobile', prefixes: ['35387'] }] });
    expect(lookup('353871234567', 'D123')).toBe('onNet');
    expect(lookup('353871234567', 'D999')).toBe('mobile');
    expect(lookup('353871234567')).toBe('mobile');
  });
});

describe('the prefixes of the world', () => {
  it('are more than 200, each in one zone', () => {
    expect(prefixes.length).toBeGreaterThan(200);
    expect(checkZoneTable(worldZones('world'))).toEqual([]);
  });
});

describe('a zone table', () => {
  it('that gives a prefix to two zones or holds no prefix is found out', () => {
    expect(checkZoneTable({ id: 't', zones: [{ name: 'A', prefixes: ['44', '+49'] }, { name: 'B', prefixes: ['44'], numbers: ['44'] }] }))
      .toEqual(["'+49' in A is not a prefix", "'44' belongs to A and to B"]);
  });
});

describe('a called number', () => {
  const home = { countryCode: '353' };
  it.each([
    ['+447700900123', '447700900123'], ['00447700900123', '447700900123'], ['447700900123', '447700900123'], ['087 123 4567', '353871234567'],
    ['(087) 123-4567', '353871234567'], ['112', '112'],
  ])('%s is %s', (number, digits) => expect(calledDigits(number, home, false)).toEqual({ digits }));

  it('in national form is ambiguous while roaming, or without a home country', () => {
    expect(calledDigits('0871234567', home, true)).toMatchObject({ reason: 'ambiguousNumber' });
    expect(calledDigits('0871234567', {}, false)).toMatchObject({ reason: 'ambiguousNumber' });
    expect(calledDigits('00447700900123', home, true)).toEqual({ digits: '447700900123' });
  });

  it('of letters cannot be called', () => expect(calledDigits('INFO', home, false)).toMatchObject({ reason: 'invalidNumber' }));

  it('where numbers have no trunk prefix stays as dialled', () => expect(calledDigits('0612345678', { countryCode: '39', trunkPrefix: '' }, false)).toEqual({ digits: '0612345678' }));
});
