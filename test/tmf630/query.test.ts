import { call, startServer, type Reply, type TestServer } from '../setup/server';

let server: TestServer;
let orders: string;
let usages: string;
let offerings: string;
type Row = Reply['body'];
const made: Record<string, Row> = {};

const make = async (url: string, body: object) => {
  const reply = await call('POST', url, body);
  expect([reply.status, reply.body.message]).toEqual([201, undefined]);
  return reply.body;
};
const party = (id: string, role: string, name: string) => ({ id, role, name, '@referredType': 'Individual' });

beforeAll(async () => {
  server = await startServer({ roles: 'api' });
  orders = `${server.api('productOrderingManagement')}/productOrder`;
  usages = `${server.api('usageManagement')}/usage`;
  offerings = `${server.api('productCatalogManagement')}/productOffering`;
  const order = (externalId: string, priority: string, relatedParty: object[], more: object = {}) => make(orders, { externalId, priority, relatedParty, productOrderItem: [{ id: '1', action: 'add' }], ...more });
  made['A'] = await order('A', '1', [party('P1', 'customer', 'Ada'), party('P2', 'agent', 'Bob')], { requestedStartDate: '2026-01-31T23:30:00+02:00', note: [{ text: 'one', author: 'X' }, { text: 'two', author: 'Y' }], category: 'B2C mobile', notificationContact: 'ada@example.com' });
  made['B'] = await order('B', '2', [party('P1', 'agent', 'Ada'), party('P2', 'customer', 'Bob')], { requestedStartDate: '2026-02-01T00:00:00.000Z', '@type': 'SpecialOrder', '@baseType': 'ProductOrder', category: 'b2c MOBILE' });
  made['C'] = await order('C', '3', [party('P3', 'customer', 'Cy')], { requestedStartDate: '2026-02-01T12:00:00.5Z', category: 'B2B, fixed; "quoted" & +49' });
  made['U'] = await make(usages, { usageType: 'voice', usageSpecification: { id: 'x' }, usageCharacteristic: [{ name: 'MSISDN', value: '4917' }, { name: 'rate', value: 0.1 }, { name: 'peak', value: true }] });
  made['V'] = await make(usages, { usageType: 'voice', usageSpecification: { id: 'x' }, usageCharacteristic: [{ name: 'MSISDN', value: '4918' }, { name: 'other', value: '4917' }] });
  for (const [at, name] of ['d', 'b', 'a', 'b', 'c', 'b', 'a', 'd', 'b', 'e'].entries()) {
    await make(offerings, { name, version: String(at), isBundle: at % 2 === 0, productSpecification: { id: 's' }, validFor: { startDateTime: `2026-0${1 + (at % 3)}-01T00:00:00Z` } });
  }
});
afterAll(() => server.stop());

const get = (url: string, query: string): Promise<Reply> => call('GET', `${url}?${query}`);
/** External ids of the orders that the query finds, in order of id unless sorted. */
const found = async (query: string): Promise<string> => {
  const { status, body } = await get(orders, query);
  if (status !== 200 && status !== 206) return `${status} ${body.code}`;
  return body.map(({ externalId }: { externalId: string }) => externalId).sort().join('');
};
const rows = async (query: string, name = 'name') => (await get(offerings, query)).body.map((row: Row) => row[name]).join('');

describe('rule 10: fields', () => {
  it('rule 10: only the attributes asked for come back, with id, href and @type, in lists, retrieves and the answers of POST and PATCH', async () => {
    const { id, href } = made['A'];
    const expected = { id, href, '@type': 'ProductOrder', externalId: 'A' };
    expect((await get(orders, 'externalId=A&fields=externalId')).body).toEqual([expected]);
    expect((await call('GET', `${href}?fields=externalId`)).body).toEqual(expected);
    expect((await call('PATCH', `${href}?fields=externalId`, {})).body).toEqual(expected);
    expect((await call('GET', `${href}?fields=none`)).body).toEqual({ id, href, '@type': 'ProductOrder' });
    const one = await call('POST', `${offerings}?fields=version`, { name: 'projected', version: '9' });
    expect(one.body).toEqual({ id: expect.any(String), href: one.headers.get('location'), '@type': 'ProductOffering', version: '9' });
    await call('DELETE', one.body.href);
  });

  it('rule 11: nested ones by dots; an unknown one is 400 by name', async () => {
    expect((await call('GET', `${made['A'].href}?fields=relatedParty.id,requestedStartDate`)).body).toEqual({
      'id': made['A'].id, 'href': made['A'].href, '@type': 'ProductOrder', 'relatedParty': [{ id: 'P1' }, { id: 'P2' }], 'requestedStartDate': '2026-01-31T21:30:00.000Z',
    });
    expect((await call('GET', `${made['A'].href}?fields=note.txt`)).body).toMatchObject({ code: 'QRY-01', message: expect.stringMatching(/'txt'.*note.*text/) });
  });

  it('rule 12: JSONPath in fields is 501, malformed 400', async () => {
    expect((await call('GET', `${made['A'].href}?fields=${encodeURIComponent("note[?(@.author=='X')]")}`)).body).toMatchObject({ status: '501', code: 'REQ-21' });
    expect((await call('GET', `${made['A'].href}?fields=note[`)).body).toMatchObject({ status: '400' });
  });
});

it.each([
  ['externalId=A&priority=1', 'A'], ['externalId=A&priority=2', ''], ['externalId=A,B', 'AB'], ['externalId=A&externalId=B', 'AB'], ['externalId=A;priority=3', 'AC'],
  ['externalId=A;B', 'AB'], ['externalId=A&priority=2;externalId=C&priority=3', 'C'], ['externalId=A,B&priority=2;externalId=C', 'BC'],
])('rule 13: & is and, comma and repetition or, semicolon or of groups: %s', async (query, expected) => expect(await found(query)).toBe(expected));

it.each([
  ['priority.eq=2', 'B'], ['priority==2', 'B'], ['priority%3D%3D2', 'B'], ['priority.gt=1', 'BC'], ['priority>1', 'BC'], ['priority%3E1', 'BC'], ['priority.gte=2', 'BC'], ['priority>=2', 'BC'], ['priority%3E%3D2', 'BC'],
  ['priority.lt=2', 'A'], ['priority<2', 'A'], ['priority%3C2', 'A'], ['priority.lte=2', 'AB'], ['priority<=2', 'AB'], ['priority%3C%3D2', 'AB'], ['priority.ne=2', 'AC'], ['priority!=2', 'AC'],
  ['externalId.regex=^[AB]$', 'AB'], ['externalId*=^A', 'A'], ['externalId=~^A', 'A'], ['externalId%3D~^A', 'A'], ['priority.in=1,3', 'AC'], ['priority.nin=1,3', 'B'],
  ['notificationContact.exists=true', 'A'], ['notificationContact.exists=false', 'BC'], ['category.startswith=B2C', 'A'], ['category.startswithi=b2c', 'AB'], ['category.contains=mobile', 'A'], ['category.containsi=Mobile', 'AB'], ['category.eqi=B2C MOBILE', 'AB'],
  ['category.like=x', '400 QRY-02'],
])('rule 14: operators in every spelling: %s', async (query, expected) => expect(await found(query)).toBe(expected));

it.each([
  ['requestedStartDate=2026-01-31T23:30:00+02:00', 'A'], ['requestedStartDate%3E%3D2026-02-01T00:00:00+00:00', 'BC'], ['requestedStartDate>2026-01-31T22:30:00%2B01:00', 'BC'], ['category=B2B%2C%20fixed%3B%20%22quoted%22%20%26%20%2B49', 'C'],
  ['category=B2B, fixed%3B "quoted" %26 %2B49', 'C'], ['externalId="A"', 'A'], ['externalId=%zz', '400 QRY-03'],
])('rule 15: the query string is read raw: %s', async (query, expected) => expect(await found(query)).toBe(expected));

it.each([
  ['requestedStartDate=2026-02-01', 'BC'], ['requestedStartDate>2026-01-31', 'BC'], ['requestedStartDate<=2026-01-31', 'A'], ['requestedStartDate=2026', 'ABC'], ['orderDate=yesterday', '400 QRY-03'],
])('rule 16: a day is the whole day: %s', async (query, expected) => expect(await found(query)).toBe(expected));

it('rule 16: the very value that was returned finds the resource, whatever its type', async () => {
  const scalars = (value: Row, path: string): [string, unknown][] => {
    if (Array.isArray(value)) return value.flatMap((item) => scalars(item, path));
    if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([name, child]) => scalars(child, path === '' ? name : `${path}.${name}`));
    return [[path, value]];
  };
  const { body: offering } = await get(offerings, 'version=0');
  for (const [url, row] of [[orders, made['A']], [orders, made['C']], [usages, made['U']], [offerings, offering[0]]] as const) {
    for (const [path, value] of scalars(row, '')) {
      const { body } = await get(url, `${path}=${encodeURIComponent(String(value))}`);
      expect([path, value, Array.isArray(body) && body.some(({ id }: { id: string }) => id === row.id)]).toEqual([path, value, true]);
    }
  }
  expect(await rows('isBundle=true', 'version')).not.toContain('1');
  expect((await get(offerings, 'isBundle=yes')).body.code).toBe('QRY-03');
});

it.each([
  ['relatedParty.role=customer', 'ABC'], ['relatedParty.id=P1&relatedParty.role=customer', 'AB'], ['relatedParty[id=P1].role=customer', 'A'], ['relatedParty(id=P1)(role=customer)', 'A'], ['@type=SpecialOrder', 'B'], ['@type=ProductOrder', 'AC'],
  ['@baseType=ProductOrder', 'B'], ['relatedParty.@referredType=Individual', 'ABC'], ['note.author=Y', 'A'], ['productOrderItem.action=add', 'ABC'],
])('rule 17: dots lead into objects and through lists, brackets hold to one element: %s', async (query, expected) => expect(await found(query)).toBe(expected));

it('rule 18: reserved names are parameters; an attribute of such a name is reached by an operator', async () => {
  expect(await found('offset=0&limit=2&sort=externalId')).toBe('AB');
  expect(await found('offset.eq=5')).toBe('400 QRY-01');
  const jobs = `${server.api('productCatalogManagement')}/exportJob`;
  expect((await get(jobs, 'filter.eq=x')).body.code).toBe('QRY-01');
});

it.each([
  ['colour=red', '400 QRY-01'], ['relatedParty.colour=red', '400 QRY-01'], [`externalId=${'a'.repeat(2049)}`, '400 QRY-07'], [Array.from({ length: 51 }, (_, at) => `note.text=${at}`).join('&'), '400 QRY-07'],
  [`externalId=${Array.from({ length: 21 }, (_, at) => at).join()}`, '400 QRY-07'], ['offset=100001', '400 REQ-06'], ['$where=1', '400 QRY-01'], ['externalId', '400 QRY-02'],
])('rule 19: what is unknown or too much is refused by name: %.40s', async (query, expected) => expect(await found(query)).toBe(expected));

it('rule 19: a query of more than 8 kB is 414', async () => expect((await get(orders, 'a'.repeat(8200))).status).toBe(414));

it.each([
  ["relatedParty[?(@.id=='P1' && @.role=='customer')]", 'A'], ["$.relatedParty[?(@.id=='P1')]", 'AB'], ["externalId=='A' || priority>='3'", 'AC'], ["!(externalId=='A')", 'BC'], ['externalId=~/^[ab]$/i', 'AB'],
  ["relatedParty[*].id=='P3'", 'C'], ['length(relatedParty)>1', 'AB'], ["note[0].text=='one'", 'A'], ['$..externalId', '501 REQ-21'], ['min(priority)>1', '501 REQ-21'], ["externalId=='A", '400 QRY-05'], ["colour=='red'", '400 QRY-01'],
])('rule 20: filter= takes a JSONPath condition: %s', async (path, expected) => {
  expect(await found(`filter=${encodeURIComponent(path)}`)).toBe(expected);
});

it('rule 20: filter= and plain conditions together are and; a characteristic is found by name and value in one element', async () => {
  expect(await found(`filter=${encodeURIComponent("relatedParty[?(@.role=='customer')]")}&priority>1`)).toBe('BC');
  const path = encodeURIComponent("usageCharacteristic[?(@.name=='MSISDN' && @.value=='4917')]");
  expect((await get(usages, `filter=${path}`)).body).toMatchObject([{ id: made['U'].id }]);
  expect((await get(usages, 'usageCharacteristic[name=MSISDN].value=4917')).body).toMatchObject([{ id: made['U'].id }]);
  expect((await get(usages, 'usageCharacteristic.name=MSISDN&usageCharacteristic.value=4917')).body).toHaveLength(2);
});

it('rule 21: sort has several keys, either way, nested; ties are broken by id; a wrong key is 400', async () => {
  expect(await rows('sort=name,version')).toBe('aabbbbcdde');
  expect(await rows('sort=name,-version', 'version')).toBe('6285314709');
  expect(await rows('sort=+name,version', 'version')).toBe('2613584079');
  expect(await rows('sort=-validFor.startDateTime,version', 'version')).toBe('2581470369');
  expect(await rows('sort=-name')).toBe([...await rows('sort=name')].reverse().join(''));
  const ids = (await get(offerings, 'sort=name&fields=none')).body.map(({ id }: { id: string }) => id);
  const paged = await Promise.all([0, 3, 6, 9].map(async (offset) => (await get(offerings, `sort=name&offset=${offset}&limit=3`)).body.map(({ id }: { id: string }) => id)));
  expect(paged.flat()).toEqual(ids);
  for (const query of ['sort=colour', 'sort=name,version,isBundle,lastUpdate', 'sort=validFor', 'sort=name,name']) expect((await get(offerings, query)).body).toMatchObject({ status: '400', code: 'QRY-04' });
});

const links = (reply: Reply) => Object.fromEntries((reply.headers.get('link') ?? '').split(', ').map((one) => [/rel="(\w+)"/.exec(one)?.[1], /<.*?[?&]((?:offset|cursor)=[^&>]*)/.exec(one)?.[1]]));
const counts = ({ headers }: Reply) => [headers.get('x-total-count'), headers.get('x-result-count')];

it('rule 22: offset and limit give a page with X-Total-Count, X-Result-Count and Link to the first, previous, next and last', async () => {
  const page = await get(offerings, 'sort=version&offset=3&limit=3');
  expect([page.body.map(({ version }: { version: string }) => version).join(''), ...counts(page)]).toEqual(['345', '10', '3']);
  expect(links(page)).toEqual({ first: 'offset=0', prev: 'offset=0', next: 'offset=6', last: 'offset=9' });
  expect(counts(await get(offerings, 'name=b&limit=1'))).toEqual(['4', '1']);
  for (const query of ['limit=-1', 'offset=x', 'limit=1.5', 'limit=']) expect((await get(offerings, query)).body).toMatchObject({ status: '400', code: 'REQ-06' });
});

it('rule 23: 206 only when a page was asked for and is partial; limit=0 counts, past the end is empty, too much is clamped', async () => {
  const status = async (query: string) => [(await get(offerings, query)).status, ...counts(await get(offerings, query))];
  expect(await status('')).toEqual([200, '10', '10']);
  expect(await status('limit=3')).toEqual([206, '10', '3']);
  expect(await status('limit=10')).toEqual([200, '10', '10']);
  expect(await status('offset=8')).toEqual([206, '10', '2']);
  expect((await status('limit=0')).slice(1)).toEqual(['10', '0']);
  expect((await status('offset=50')).slice(1)).toEqual(['10', '0']);
  expect((await get(offerings, 'limit=100000')).headers.get('link')).toContain('limit=1000>');
});

it('rule 24: totals are exact with the same filter, a cursor leads on at any depth, and Link is left out rather than too long', async () => {
  expect(counts(await get(offerings, 'name=b&offset=1&limit=2'))[0]).toBe('4');
  expect((await get(offerings, `name=${'x'.repeat(2000)}&limit=1`)).headers.has('link')).toBe(false);
  const specifications = `${server.api('usageManagement')}/usageSpecification`;
  await server.store.run(async (unit) => {
    for (let at = 0; at < 1010; at += 1) unit.save('usageSpecification', { id: `s${String(at).padStart(4, '0')}`, name: 'n', '@type': 'UsageSpecification' }, { events: [] });
  });
  let next: string | undefined = `${specifications}?sort=name&offset=1000&limit=4&fields=none`;
  const seen: string[] = [];
  while (next) {
    const page: Reply = await call('GET', next);
    seen.push(...page.body.map(({ id }: { id: string }) => id));
    next = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    if (next) expect(next).toContain('cursor=');
  }
  expect(seen).toEqual(Array.from({ length: 10 }, (_, at) => `s100${at}`));
});
