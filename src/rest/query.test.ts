import { sampleResource as resource } from '../../test/fixtures/sampleResource';
import { Fault } from '../domain/fault';
import { shapeOf } from '../spec/shape';
import { cursorFilter, encodeCursor, pageHeaders, parseFields, parseListQuery, project, totalOrder } from './query';

const filterOf = (query: string): unknown => JSON.parse(parseListQuery(query, resource).filterText);
const refusal = (query: string, options = {}): Fault => {
  try {
    parseListQuery(query, resource, options);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error(`${query} was not refused`);
};
const decimal = (text: string) => ({ $numberDecimal: text });
const pair = { part: { $elemMatch: { $and: [{ name: { $eq: 'a' } }, { value: { $in: ['5', 5] } }] } } };

describe('rules 10 and 11: fields', () => {
  const whole = {
    'id': '1', 'href': '/x/1', '@type': 'Sample', 'name': 'n', 'amount': 1, 'period': { start: 's', end: 'e' },
    'part': [{ name: 'p', size: 2, place: { name: 'here', floor: 3 } }, { name: 'q' }],
  };
  const always = { 'id': '1', 'href': '/x/1', '@type': 'Sample' };
  const shown = (query: string) => project(parseFields(query, resource), whole);

  it.each<[string, object]>([
    ['', whole],
    ['fields=', whole],
    ['fields=none', always],
    ['fields=name', { ...always, name: 'n' }],
    ['fields=name,amount', { ...always, name: 'n', amount: 1 }],
    ['fields=name&fields=amount', { ...always, name: 'n', amount: 1 }],
    ['fields=name%2Camount', { ...always, name: 'n', amount: 1 }],
    ['fields="name"', { ...always, name: 'n' }],
    ['fields=href', always],
    ['fields=count', always],
    ['fields=period.start', { ...always, period: { start: 's' } }],
    ['fields=period.start,period', { ...always, period: { start: 's', end: 'e' } }],
    ['fields=part.name', { ...always, part: [{ name: 'p' }, { name: 'q' }] }],
    ['fields=part.place.floor', { ...always, part: [{ place: { floor: 3 } }, {}] }],
  ])('%s', (query, expected) => expect(shown(query)).toEqual(expected));

  it('equal selections have equal texts', () => expect(parseFields('fields=name,amount', resource)!.text).toBe(parseFields('fields=amount,name,name', resource)!.text));

  it.each([
    ['fields=nam', 'QRY-01', /'nam' is not an attribute of Sample\. Near names: name/],
    ['fields=period.begin', 'QRY-01', /of period/],
    ['fields=name.first', 'QRY-01', /has no attributes of its own/],
    ['fields=_rev', 'QRY-01', /_rev/],
    ['limit=5', 'REQ-06', /'limit' is not a parameter of this operation/],
    ['name=a', 'REQ-06', /'name'/],
  ])('a retrieve refuses %s (%s)', (query, code, message) => {
    expect(() => parseFields(query, resource)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }) as Error);
  });

  it('rule 12: JSONPath in fields is 501', () => expect(refusal('fields=part[?(@.name==\'x\')]')).toMatchObject({ status: 501, code: 'REQ-21' }));
});

describe('rule 13: or, and, groups', () => {
  it.each<[string, unknown]>([
    ['name=a&amount=1', { $and: [{ amount: { $eq: 1 } }, { name: { $eq: 'a' } }] }],
    ['state=open,closed', { state: { $in: ['closed', 'open'] } }],
    ['name=a&name=b', { name: { $in: ['a', 'b'] } }],
    ['name=a&name.eq=b&name.in=c', { name: { $in: ['a', 'b', 'c'] } }],
    ['name=a;amount=1', { $or: [{ amount: { $eq: 1 } }, { name: { $eq: 'a' } }] }],
    ['name=a;b', { name: { $in: ['a', 'b'] } }],
    ['name=a;b&amount=1', { $and: [{ amount: { $eq: 1 } }, { name: { $in: ['a', 'b'] } }] }],
    ['amount>1&amount<5', { $and: [{ amount: { $gt: 1 } }, { amount: { $lt: 5 } }] }],
    ['name=a&amount=1;isOn=true', { $or: [{ $and: [{ amount: { $eq: 1 } }, { name: { $eq: 'a' } }] }, { isOn: { $eq: true } }] }],
    ['name=a%2Cb', { name: { $eq: 'a,b' } }],
    ['amount=1%2C2', { amount: { $in: [1, 2] } }],
    ['name="a,b"', { name: { $in: ['"a,b"', 'a,b'] } }],
    ['name!=a,b', { name: { $nin: ['a', 'a,b', 'b'] } }],
    ['&name=a&&', { name: { $eq: 'a' } }],
  ])('%s', (query, expected) => expect(filterOf(query)).toEqual(expected));

  it('the same question in another order has the same text', () => {
    expect(parseListQuery('name=b&name=a&amount=1', resource).filterText).toBe(parseListQuery('amount.eq=1.0&name=a&name=b&limit=5', resource).filterText);
    expect(parseListQuery('name=a;amount=1', resource).filterText).toBe(parseListQuery('amount=1;name=a', resource).filterText);
  });
});

describe('rule 14: operators and their spellings', () => {
  const gte = { amount: { $gte: 5 } };
  it.each<[string, unknown]>([
    ['amount.gte=5', gte], ['amount>=5', gte], ['amount%3E%3D5', gte], ['amount%3E=5', gte], ['amount%3E%3D=5', gte], ['amount.GTE=5', gte],
    ['amount>5', { amount: { $gt: 5 } }], ['amount%3E5', { amount: { $gt: 5 } }], ['amount.lt=5', { amount: { $lt: 5 } }], ['amount%3c5', { amount: { $lt: 5 } }], ['amount<=5', { amount: { $lte: 5 } }],
    ['name==a', { name: { $eq: 'a' } }], ['name%3D%3Da', { name: { $eq: 'a' } }], ['name.eq=a', { name: { $eq: 'a' } }], ['name%3Da', { name: { $eq: 'a' } }],
    ['name=%3Da', { name: { $eq: '=a' } }], ['name.eq=~a', { name: { $eq: '~a' } }], ['name=%7Ea', { name: { $eq: '~a' } }],
    ['name!=a', { name: { $ne: 'a' } }], ['name!%3Da', { name: { $ne: 'a' } }], ['name.ne=a', { name: { $ne: 'a' } }], ['name.nin=a,b', { name: { $nin: ['a', 'a,b', 'b'] } }],
    ['name*=^a', { name: { $regex: '^a' } }], ['name*%3D^a', { name: { $regex: '^a' } }], ['name=~^a', { name: { $regex: '^a' } }], ['name%3D~^a', { name: { $regex: '^a' } }], ['name.regex=%5Ea', { name: { $regex: '^a' } }],
    ['name.regexi=^a', { name: { $regex: '^a', $options: 'i' } }], ['name.eqi=a', { name: { $regex: '^a\\z', $options: 'i' } }],
    ['name.startswith=a.b', { name: { $regex: '^a\\.b' } }], ['name.startsWith=a', { name: { $regex: '^a' } }], ['name.endswith=a', { name: { $regex: 'a\\z' } }],
    ['name.contains=(a', { name: { $regex: '\\(a' } }], ['name.containsi=a', { name: { $regex: 'a', $options: 'i' } }], ['name.icontains=a', { name: { $regex: 'a', $options: 'i' } }],
    ['name.exists=true', { name: { $exists: true } }], ['period.exists=false', { period: { $exists: false } }], ['part.exists=true', { part: { $exists: true } }],
  ])('%s', (query, expected) => expect(filterOf(query)).toEqual(expected));

  it.each([
    ['name.like=a', 'QRY-02', /'\.like' is not an operator/], ['amount.gtt=5', 'QRY-02', /\.gt/], ['name', 'QRY-02', /has no operator/],
    ['name.gt>5', 'QRY-02', /two operators/], ['isOn>true', 'QRY-02', /true or false/], ['amount.regex=5', 'QRY-02', /is for texts/], ['part(name=a)x=5', 'QRY-02', /dot/],
    ['name.exists=maybe', 'QRY-03', /true or false/],
  ])('%s is refused by %s', (query, code, message) => {
    expect(refusal(query)).toMatchObject({ status: 400, code });
    expect(refusal(query).message).toMatch(message);
  });
});

describe('rules 15 and 16: values have the type of the attribute', () => {
  it.each<[string, unknown]>([
    ['amount=5', { amount: { $eq: 5 } }], ['amount=5.10', { amount: { $eq: decimal('5.1') } }], ['amount=-1e3', { amount: { $eq: -1000 } }], ['amount=+5', { amount: { $eq: 5 } }],
    ['isOn=true', { isOn: { $eq: true } }], ['isOn=%22false%22', { isOn: { $eq: false } }],
    ['lastUpdate=2024-01-01T10:00:00.123Z', { lastUpdate: { $eq: '2024-01-01T10:00:00.123Z' } }],
    ['lastUpdate="2024-01-01T10:00:00.123Z"', { lastUpdate: { $eq: '2024-01-01T10:00:00.123Z' } }],
    ['lastUpdate=2024-01-01T10:00:00%2B02:00', { lastUpdate: { $eq: '2024-01-01T08:00:00.000Z' } }],
    ['lastUpdate=2024-01-01T10:00:00+02:00', { lastUpdate: { $eq: '2024-01-01T08:00:00.000Z' } }],
    ['lastUpdate=2024-01-01T10:00:00%2002:00', { lastUpdate: { $eq: '2024-01-01T08:00:00.000Z' } }],
    ['lastUpdate=2024-01-01T10:00:00-0230', { lastUpdate: { $eq: '2024-01-01T12:30:00.000Z' } }],
    ['lastUpdate=2024-01-01T10:00Z', { lastUpdate: { $eq: '2024-01-01T10:00:00.000Z' } }],
    ['lastUpdate=2024-01-31', { lastUpdate: { $regex: '^2024-01-31T' } }],
    ['lastUpdate=2024-01', { lastUpdate: { $regex: '^2024-01-' } }],
    ['lastUpdate=2024', { lastUpdate: { $regex: '^2024-' } }],
    ['lastUpdate>2024-12-31', { lastUpdate: { $gte: '2025-01-01T00:00:00.000Z' } }],
    ['lastUpdate>=2024-02-29', { lastUpdate: { $gte: '2024-02-29T00:00:00.000Z' } }],
    ['lastUpdate<=2024-02-29', { lastUpdate: { $lt: '2024-03-01T00:00:00.000Z' } }],
    ['lastUpdate<2024-02-29', { lastUpdate: { $lt: '2024-02-29T00:00:00.000Z' } }],
    ['lastUpdate<=9999', { lastUpdate: { $lt: '~' } }],
    ['part.value=5', { 'part.value': { $in: ['5', 5] } }], ['part.value=true', { 'part.value': { $in: ['true', true] } }], ['part.value=05', { 'part.value': { $eq: '05' } }], ['part.value>5', { 'part.value': { $gt: 5 } }],
    ['name=a+b', { name: { $in: ['a b', 'a+b'] } }], ['name=a%20b', { name: { $eq: 'a b' } }], ['name=+4917', { name: { $eq: '+4917' } }], ['name=%2B4917', { name: { $eq: '+4917' } }],
    ['name=', { name: { $eq: '' } }], ['name=$ne', { name: { $eq: '$ne' } }], ['name={"$ne":1}', { name: { $eq: '{"$ne":1}' } }],
  ])('%s', (query, expected) => expect(filterOf(query)).toEqual(expected));

  it.each([
    'amount=abc', 'amount=', 'amount=1_000', 'amount=12345678901234567890123456789012345.6', 'amount=1e9999', 'amount=Infinity', 'amount=0x10', 'isOn=1', 'isOn=TRUE', 'lastUpdate=yesterday',
    'lastUpdate=2024-02-30', 'lastUpdate=2023-02-29', 'lastUpdate=2024-13-01', 'lastUpdate=2024-01-01T25:00:00Z', 'lastUpdate=20240101', 'lastUpdate=1700000000', 'name=%zz', 'name=%ff',
  ])('%s is 400 and says what would be right', (query) => {
    expect(refusal(query)).toMatchObject({ status: 400, code: 'QRY-03' });
    expect(refusal(query).message).toMatch(/write|Write/);
  });
});

describe('rule 17: nested attributes and one and the same element', () => {
  it.each<[string, unknown]>([
    ['part.name=a', { 'part.name': { $eq: 'a' } }], ['part.sub.level>=2', { 'part.sub.level': { $gte: 2 } }], ['@type=Other', { '@type': { $eq: 'Other' } }], ['part.@type=X', { 'part.@type': { $eq: 'X' } }],
    ['@type=Sample', { '@type': { $in: ['Sample', null] } }], ['tag=x', { tag: { $eq: 'x' } }],
    ['part[name=a].value=5', pair], ['part%5Bname=a%5D.value=5', pair], ['part%5Bname%3Da%5D.value%3D5', pair], ['part(name=a).value=5', pair], ['part[name=a][value=5]', pair], ['part(name=a)(value=5)', pair],
    ['part[name=a].sub[code=x].level>2', { part: { $elemMatch: { $and: [{ name: { $eq: 'a' } }, { sub: { $elemMatch: { $and: [{ code: { $eq: 'x' } }, { level: { $gt: 2 } }] } } }] } } }],
    ['part.place[name=a].floor=1', { part: { $elemMatch: { $and: [{ 'place.name': { $eq: 'a' } }, { 'place.floor': { $eq: 1 } }] } } }],
    ['part.sub[code=x].level=1', { 'part.sub': { $elemMatch: { $and: [{ code: { $eq: 'x' } }, { level: { $eq: 1 } }] } } }],
    ['period[start.exists=true].end.exists=false', { $and: [{ 'period.start': { $exists: true } }, { 'period.end': { $exists: false } }] }],
    ['part[name="a]b"].size=1', { part: { $elemMatch: { $and: [{ name: { $in: ['"a]b"', 'a]b'] } }, { size: { $eq: 1 } }] } } }],
    ['part[name=a].size=1&part[name=a].size=2', { part: { $elemMatch: { $and: [{ name: { $eq: 'a' } }, { size: { $in: [1, 2] } }] } } }],
  ])('%s', (query, expected) => expect(filterOf(query)).toEqual(expected));

  it('rule 4: id and href find the resource whose address we gave', () => {
    const options = { publicUrl: 'http://host:8080' };
    const ids = (query: string) => parseListQuery(query, resource, options).filter;
    expect(ids('id=urn:x:1')).toEqual({ _id: { $eq: 'urn:x:1' } });
    expect(ids('href=http://host:8080/tmf-api/sample/v4/sample/s1')).toEqual({ _id: { $eq: 's1' } });
    expect(ids('href=%2Ftmf-api%2Fsample%2Fv4%2Fsample%2Fs1')).toEqual({ _id: { $eq: 's1' } });
    expect(ids('href=http://elsewhere/tmf-api/sample/v4/sample/s1')).toEqual({ _id: { $in: [] } });
    expect(ids('href=http://host:8080/tmf-api/sample/v4/other/s1')).toEqual({ _id: { $in: [] } });
    expect(refusal('href>x')).toMatchObject({ code: 'QRY-02' });
  });
});

describe('rules 18 and 19: reserved names, unknown attributes, limits', () => {
  it('an attribute with a reserved name is reached by an operator', () => {
    expect(filterOf('offset.eq=5')).toEqual({ offset: { $eq: 5 } });
    expect(filterOf('offset>5')).toEqual({ offset: { $gt: 5 } });
    expect(parseListQuery('offset=5', resource)).toMatchObject({ offset: 5, unfiltered: true });
  });

  it.each(['depth=1', 'expand=part'])('%s is 501', (query) => expect(refusal(query)).toMatchObject({ status: 501 }));

  it.each([
    ['nme=a', /'nme' is not an attribute of Sample\. Near names: name/], ['part.nam=a', /'nam' is not an attribute of part\. Near names: name/], ['zzzzz=a', /It has: id, href/], ['_rev=1', /_rev/], ['_id=1', /_id/],
    ['__proto__=1', /__proto__/], ['constructor=1', /constructor/], ['$where=1', /\$where/], ['name.$ne=1', /\$ne/], ['id.x.y=1', /id/], ['=1', /''/], ['.name=1', /''/], ['part=1', /'part' is an object/], ['period=1', /Name one of its attributes/],
  ])('%s is 400 and names it', (query, message) => {
    expect(refusal(query)).toMatchObject({ status: 400 });
    expect(['QRY-01', 'QRY-02']).toContain(refusal(query).code);
    expect(refusal(query).message).toMatch(message);
  });

  it('an attribute that was merely kept says how to register it, and a registered one is filtered and sorted', () => {
    expect(refusal('loyalty.tier=gold').message).toMatch(/@schemaLocation/);
    const loyalty = shapeOf({ openapi: '', info: { title: '', version: '' }, paths: {} }, { type: 'object', properties: { tier: { type: 'string' }, points: { type: 'integer' } } });
    const extension = (path: string) => (path === 'loyalty' || path === 'part.loyalty' ? loyalty : undefined);
    const query = parseListQuery('loyalty.points>10&part[loyalty.tier=gold].name=a&sort=loyalty.points&fields=loyalty.tier', resource, { extension });
    expect(query.filter).toEqual({ $and: [{ 'loyalty.points': { $gt: 10 } }, { part: { $elemMatch: { $and: [{ 'loyalty.tier': { $eq: 'gold' } }, { name: { $eq: 'a' } }] } } }] });
    expect(query.sort).toEqual([['loyalty.points', 1]]);
    expect(refusal('loyalty.colour=red', { extension })).toMatchObject({ code: 'QRY-01' });
  });

  it.each([
    [Array.from({ length: 51 }, () => 'name=a').join('&'), /51 conditions/], [`name=${Array.from({ length: 21 }, (_, at) => at).join(',')}`, /21 values/],
    [Array.from({ length: 21 }, (_, at) => `name=${at}`).join('&'), /21 values/], [`name=${'a'.repeat(2049)}`, /2048 characters/],
    [`filter=${Array.from({ length: 51 }, () => 'name==\'a\'').join('||')}`, /51 conditions/], [`filter=name=='${'a'.repeat(2049)}'`, /2048/], [`filter=${'('.repeat(30)}name${')'.repeat(30)}`, /nested/],
  ])('too much of it is QRY-07', (query, message) => {
    expect(refusal(query)).toMatchObject({ status: 400, code: 'QRY-07' });
    expect(refusal(query).message).toMatch(message);
  });

  it.each(['(?=a)', '(a)\\1', '(', '[', 'a{2000}', '*', 'a'.repeat(257), '(?<!a)b'])('the pattern %s is QRY-06', (pattern) => {
    expect(refusal(`name.regex=${encodeURIComponent(pattern)}`)).toMatchObject({ status: 400, code: 'QRY-06' });
  });

  it('a pattern that might backtrack far stays out of the database and is decided here', () => {
    const query = parseListQuery('name.regex=^(a%2B)%2B$&amount=1', resource);
    expect(query.filter).toEqual({ $and: [{ amount: { $eq: 1 } }, { name: { $regex: '' } }] });
    expect(query.postFilter!({ name: 'aaa', amount: 1 })).toBe(true);
    expect(query.postFilter!({ name: 'aab', amount: 1 })).toBe(false);
    expect(query.postFilter!({ name: 'aaa', amount: 2 })).toBe(false);
  });
});

describe('rule 20: filter= in JSONPath', () => {
  it.each<[string, unknown]>([
    ['part[?(@.name==\'a\' && @.value==\'5\')]', pair], ['$.part[?(@.name==\'a\'&&@.value==\'5\')]', pair], ['$[?(@.part[?(@.name=="a" && @.value==5)])]', pair], ['part[?@.name==\'a\' && @.value==\'5\']', pair],
    ['part[?(@[\'name\']==\'a\')].value==\'5\'', pair],
    ['name==\'a\'', { name: { $eq: 'a' } }], ['$.name != "a"', { name: { $ne: 'a' } }], ['5 < amount', { amount: { $gt: 5 } }], ['amount>=-2.5', { amount: { $gte: decimal('-2.5') } }], ['isOn==true', { isOn: { $eq: true } }],
    ['name==null', { name: { $eq: null } }], ['name!=null', { name: { $ne: null } }], ['name', { name: { $exists: true } }], ['!name', { $nor: [{ name: { $exists: true } }] }],
    ['!(name==\'a\' || amount<1)', { $nor: [{ $or: [{ name: { $eq: 'a' } }, { amount: { $lt: 1 } }] }] }],
    ['name==\'a\' || name==\'b\' && amount==1', { $or: [{ name: { $eq: 'a' } }, { $and: [{ name: { $eq: 'b' } }, { amount: { $eq: 1 } }] }] }],
    ['name =~ /^a.c/i', { name: { $regex: '^a[^\\n]c', $options: 'i' } }], ['name=~\'^a\'', { name: { $regex: '^a' } }], ['name==\'it\\\'s\'', { name: { $eq: 'it\'s' } }],
    ['part[*].name==\'a\'', { 'part.name': { $eq: 'a' } }], ['part[1].name==\'a\'', { 'part.1.name': { $eq: 'a' } }], ['part[0].sub[?(@.level>1)]', { 'part.0.sub': { $elemMatch: { level: { $gt: 1 } } } }],
    ['length(part)>2', { 'part.2': { $exists: true } }], ['part.length()==2', { part: { $size: 2 } }], ['part.length()==0', { $nor: [{ 'part.0': { $exists: true } }] }], ['2<=part.length()', { 'part.1': { $exists: true } }],
    ['tag[?(@==\'x\')]', { tag: { $eq: 'x' } }], ['@type==\'X\'', { '@type': { $eq: 'X' } }], ['$[*].id==\'s1\'', { _id: { $eq: 's1' } }],
    ['lastUpdate>\'2024-01-01T00:00:00+02:00\'', { lastUpdate: { $gt: '2023-12-31T22:00:00.000Z' } }],
  ])('%s', (path, expected) => {
    expect(filterOf(`filter=${encodeURIComponent(path)}`)).toEqual(expected);
    expect(filterOf(`filter=${path}`)).toEqual(expected);
  });

  it('goes together with plain conditions, with & and ; inside quotes untouched', () => {
    expect(filterOf('amount=1&filter=name==\'a;b&c\'&limit=3')).toEqual({ $and: [{ amount: { $eq: 1 } }, { name: { $eq: 'a;b&c' } }] });
    expect(filterOf('amount=1;amount=2&filter=name==\'a\'')).toEqual({ $and: [{ $or: [{ amount: { $eq: 1 } }, { amount: { $eq: 2 } }] }, { name: { $eq: 'a' } }] });
  });

  it.each([
    '$..name', 'part[0:2].name==\'a\'', 'part[-1].name==\'a\'', 'part[0,1].name==\'a\'', 'part[(@.length-1)].name', 'min(amount)>1', 'part.size.avg()>1', 'amount+1==2', 'amount==count', '1==1', 'part.*', 'name in [\'a\']', 'match(name,\'a\')',
    'part[?(@.name==$.name)]', 'part[?($.name==\'a\')]', 'name.length()==1', 'tag[?(@==\'a\' && @!=\'b\')]', 'name=~/a/x', 'part[\'name\',\'size\']',
  ])('%s is beyond the subset: 501', (path) => expect(refusal(`filter=${encodeURIComponent(path)}`)).toMatchObject({ status: 501, code: 'REQ-21' }));

  it.each(['name==', 'name=\'a\'', 'part[?(@.name==\'a\'', 'part[', 'part[]', '==1', 'name==\'a', 'name==\'a\' &&', '&& name', '(name', 'name)', 'name==\'a\' name', '$', '@', '!', '\'a\'', 'name[0]==\'a\'', '.name', 'length(part)', 'part[?()]', 'name==\'a\' & amount'])('%s is malformed: 400', (path) => {
    expect(refusal(`filter=${encodeURIComponent(path)}`)).toMatchObject({ status: 400, code: 'QRY-05' });
  });

  it('names unknown attributes and wrong values inside as anywhere', () => {
    expect(refusal('filter=part[?(@.nam==\'a\')]')).toMatchObject({ code: 'QRY-01', message: expect.stringContaining('Near names: name') as string });
    expect(refusal('filter=amount==\'x\'')).toMatchObject({ code: 'QRY-03' });
    expect(refusal('filter=part.length()==-1')).toMatchObject({ code: 'QRY-03' });
  });
});

describe('rule 21: sort', () => {
  const sortOf = (query: string) => parseListQuery(query, resource).sort;
  it.each<[string, unknown]>([
    ['sort=name', [['name', 1]]], ['sort=-name,+amount', [['name', -1], ['amount', 1]]], ['sort=%2Bname&sort=-amount', [['name', 1], ['amount', -1]]], ['sort=period.start', [['period.start', 1]]],
    ['sort=part[*].name', [['part.name', 1]]], ['sort=-id', [['_id', -1]]], ['sort=href', [['_id', 1]]], ['sort=', []], ['', []],
  ])('%s', (query, expected) => expect(sortOf(query)).toEqual(expected));

  it('ties are broken by id, in the direction of the last key', () => {
    expect(totalOrder([])).toEqual([['_id', 1]]);
    expect(totalOrder([['name', -1]])).toEqual([['name', -1], ['_id', -1]]);
    expect(totalOrder([['_id', -1]])).toEqual([['_id', -1]]);
  });

  it.each([
    ['sort=nam', /Near names: name/], ['sort=part', /is an object/], ['sort=name,amount,count,isOn', /at most 3/], ['sort=name,-name', /twice/], ['sort=part.name,tag', /two lists/], ['sort=$where', /\$where/], ['sort=_rev', /_rev/],
  ])('%s is QRY-04', (query, message) => {
    expect(refusal(query)).toMatchObject({ status: 400, code: 'QRY-04' });
    expect(refusal(query).message).toMatch(message);
  });
});

describe('rules 22 and 23: offset and limit', () => {
  it.each([
    ['', 0, 100, false], ['offset=20&limit=10', 20, 10, true], ['limit=0', 0, 0, true], ['limit=5000', 0, 1000, true], ['offset=0', 0, 100, true], ['name=a;limit=5', 0, 5, true], ['limit=99999999999999999999', 0, 1000, true],
  ])('%s', (query, offset, limit, paged) => expect(parseListQuery(query, resource)).toMatchObject({ offset, limit, paged }));

  it('the default limit can be set', () => expect(parseListQuery('', resource, { defaultLimit: 20 }).limit).toBe(20));

  it.each(['limit=-1', 'limit=ten', 'limit=', 'offset=-5', 'offset=1.5', 'offset=1e3', 'limit=5&limit=6', 'offset=%3D5'])('%s is 400', (query) => expect(refusal(query)).toMatchObject({ status: 400, code: 'REQ-06' }));

  it('an offset beyond 100,000 is 400 and points to the cursor', () => {
    expect(refusal('offset=100001')).toMatchObject({ status: 400 });
    expect(refusal('offset=100001').message).toMatch(/cursor/);
  });

  it('knows when nothing, or only one state, is asked for', () => {
    expect(parseListQuery('limit=5&fields=name&sort=name', resource).unfiltered).toBe(true);
    expect(parseListQuery('state=open', resource)).toMatchObject({ unfiltered: false, onlyState: 'open' });
    for (const query of ['state=open&name=a', 'state=open,closed', 'state!=open', 'state=open;name=a', 'name=a', 'state.regex=o']) expect(parseListQuery(query, resource).onlyState).toBeUndefined();
  });
});

describe('the cursor', () => {
  const query = parseListQuery('name=a&sort=-amount,lastUpdate', resource);
  const cursor = encodeCursor(query, { id: 's1', amount: 0.1, name: 'a' })!;

  it('goes on behind the row it was made of', () => {
    const next = parseListQuery(`name=a&sort=-amount,lastUpdate&cursor=${cursor}`, resource);
    expect(next.paged).toBe(true);
    expect(JSON.parse(JSON.stringify(cursorFilter(next.cursor!, next.sort)))).toEqual({
      $or: [
        { $or: [{ amount: { $lt: decimal('0.1') } }, { amount: { $eq: null } }] },
        { $and: [{ amount: { $eq: decimal('0.1') } }, { lastUpdate: { $ne: null } }] },
        { $and: [{ amount: { $eq: decimal('0.1') } }, { lastUpdate: { $eq: null } }, { _id: { $gt: 's1' } }] },
      ],
    });
  });

  it.each([
    `name=b&sort=-amount,lastUpdate&cursor=${cursor}`, `name=a&sort=amount,lastUpdate&cursor=${cursor}`, `name=a&cursor=${cursor}`, `name=a&sort=-amount,lastUpdate&cursor=abc`, `name=a&sort=-amount,lastUpdate&cursor=${cursor}&offset=5`,
    `sort=amount&cursor=${Buffer.from('["x",[{"$gt":1}],"1"]').toString('base64url')}`, `cursor=${Buffer.from('[null,[],{"$ne":1}]').toString('base64url')}`,
  ])('is refused with another question, damaged, or beside an offset', (other) => expect(refusal(other)).toMatchObject({ status: 400, code: 'QRY-08' }));

  it('never carries an operator', () => {
    const mark = (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[])[0];
    const forged = Buffer.from(JSON.stringify([mark, [{ $gt: '' }, null], 's1'])).toString('base64url');
    expect(refusal(`name=a&sort=-amount,lastUpdate&cursor=${forged}`)).toMatchObject({ code: 'QRY-08' });
  });

  it('is not offered for an order through a list or by an attribute of any type', () => {
    expect(encodeCursor(parseListQuery('sort=part.name', resource), { id: 's1' })).toBeUndefined();
    expect(encodeCursor(parseListQuery('sort=part.value', resource), { id: 's1' })).toBeUndefined();
  });
});

describe('rules 22 and 24: the headers of a page', () => {
  const selfUrl = 'http://host/sample';
  const page = (rawQuery: string, total: number, count: number, more = {}) => pageHeaders({ total, count, query: parseListQuery(rawQuery, resource), selfUrl, rawQuery, ...more });

  it('name totals and the first, previous, next and last page with the question unchanged', () => {
    expect(page('name=a;b&offset=20&limit=10&sort=-name', 45, 10)).toEqual({
      'X-Total-Count': '45', 'X-Result-Count': '10',
      'Link': ['first', 'prev', 'next', 'last'].map((rel, at) => `<http://host/sample?name=a;b&sort=-name&offset=${[0, 10, 30, 40][at]}&limit=10>; rel="${rel}"`).join(', '),
    });
  });

  it('leave out what there is not', () => {
    expect(page('limit=10', 0, 0).Link).not.toMatch(/next|prev|last/);
    expect(page('limit=10', 10, 10).Link).not.toMatch(/next|prev/);
    expect(page('limit=0', 45, 0)).toEqual({ 'X-Total-Count': '45', 'X-Result-Count': '0' });
    expect(page('limit=5000', 3000, 1000).Link).toMatch(/offset=1000&limit=1000>; rel="next"/);
  });

  it('go on by cursor where one is given, and know no total then', () => {
    const rawQuery = `limit=10&cursor=${encodeCursor(parseListQuery('', resource), { id: 's1' })}`;
    const headers = pageHeaders({ count: 10, query: parseListQuery(rawQuery, resource), selfUrl, rawQuery, nextCursor: 'abc', more: true });
    expect(headers).toEqual({ 'X-Result-Count': '10', 'Link': '<http://host/sample?offset=0&limit=10>; rel="first", <http://host/sample?cursor=abc&limit=10>; rel="next"' });
  });

  it('leave Link out rather than grow beyond 2 KB', () => expect(page(`name=${'a'.repeat(1500)}&limit=1`, 9, 1).Link).toBeUndefined());

  it('carry only characters that a header may carry', () => expect(page('name=a<b> "c"\u00e9&limit=1', 9, 1).Link).toMatch(/^<http:\/\/host\/sample\?name=a%3Cb%3E%20%22c%22%C3%A9&offset=0&limit=1>/));

  it('keep && and ; of a filter', () => expect(page('filter=name==\'a;b\'&&amount==1&limit=1', 9, 1).Link).toContain('?filter=name==\'a;b\'&&amount==1&offset=1&limit=1>; rel="next"'));
});
