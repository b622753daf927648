import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../src/cli/main';
import { readConfig } from '../src/config';
import { createLog } from '../src/log';
import { start, type Running } from '../src/main';
import { loadDocument } from '../src/spec/document';
import { readApi } from '../src/spec/operation';
import { DOCUMENT_FILES, SAMPLES } from './fixtures/documents';
import { call, freePort, startListener, startServer, until, type TestListener, type TestServer } from './setup/server';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const STEPS = { 'content-type': 'application/json-patch+json' };
const folder = mkdtempSync(join(tmpdir(), 'trunkline-any-'));
const fixture = (name: string): string => DOCUMENT_FILES.find((file) => file.includes(name))!;

function written(name: string, content: object | string): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

type Json = ReturnType<typeof JSON.parse>;

/** A small document that can be served, changed. */
function small(title: string, change: (document: Json) => void = () => undefined): Json {
  const of = (schema: object) => ({ 'application/json': { schema } });
  const ref = { $ref: '#/components/schemas/Thing' };
  const document = {
    openapi: '3.0.3', info: { title, version: '4.0.0' }, servers: [{ url: `/tmf-api/${title.toLowerCase()}/v4` }],
    paths: {
      '/thing': {
        get: { operationId: 'listThing', responses: { 200: { description: 'ok', content: of({ type: 'array', items: ref }) } } },
        post: { operationId: 'createThing', requestBody: { content: of(ref) }, responses: { 201: { description: 'ok', content: of(ref) } } },
      },
    },
    components: { schemas: { Thing: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' }, amount: { type: 'number' } } } } },
  };
  change(document);
  return document;
}

describe('documents of others, as published', () => {
  let server: TestServer;
  let listener: TestListener;
  beforeAll(async () => {
    server = await startServer({ roles: 'api,relay,notification', env: { API_FILES: DOCUMENT_FILES.join(',') } });
    listener = await startListener();
  });
  afterAll(async () => {
    await listener.close();
    await server.stop();
  });
  const events = (id: string) => listener.received.map(({ body }) => body).filter(({ event }) => Object.values(event).some((one) => one['id'] === id));

  it.each(SAMPLES.map((sample) => [sample.base, sample] as const))('%s is served with everything that our own APIs have', async (base, sample) => {
    const at = `${server.url}${base}/${sample.path}`;
    const hub = await call('POST', `${server.url}${base}/hub`, { '@type': 'Hub', callback: listener.url, query: `eventType=${Object.values(sample.events).join(',')}` });
    expect(hub).toMatchObject({ status: 201, body: { callback: listener.url } });
    expect((await call('GET', `${server.url}${base}/hub/${hub.body.id}`)).status).toBe(200);

    const made = await call('POST', at, { ...sample.body, more: 'kept' });
    expect(made).toMatchObject({ status: 201, body: { ...sample.body, more: 'kept' } });
    const { id, href } = made.body;
    expect(href).toBe(`${at}/${id}`);
    expect(made.headers.get('location')).toBe(href);
    if (sample.state) expect(made.body[sample.state.attribute]).toBe(sample.state.first);
    const others = await Promise.all([1, 2].map(() => call('POST', at, sample.body)));

    const read = await call('GET', href);
    expect(read.body).toEqual(made.body);
    expect((await call('GET', href, undefined, { 'if-none-match': read.headers.get('etag')! })).status).toBe(304);
    expect((await call('GET', `${href}?fields=none`)).body).toEqual({ id, href, '@type': made.body['@type'] });

    const found = await call('GET', `${at}?id=${id}&${sample.filter}`);
    expect(found.body).toEqual([made.body]);
    const page = await call('GET', `${at}?${sample.filter}&offset=1&limit=1&sort=-id`);
    expect([page.status, page.headers.get('x-total-count'), page.body.length]).toEqual([206, '3', 1]);
    expect((await call('GET', `${at}?nothing.of=this`)).status).toBe(400);

    const { attribute, to } = sample.change;
    const changed = await call('PATCH', href, { [attribute]: to }, { ...MERGE, 'if-match': made.headers.get('etag')! });
    expect(changed).toMatchObject({ status: 200, body: { ...sample.body, [attribute]: to } });
    expect((await call('PATCH', href, { [attribute]: null }, { 'if-match': made.headers.get('etag')! })).status).toBe(412);
    expect((await call('PATCH', href, [{ op: 'test', path: `/${attribute}`, value: to }, { op: 'remove', path: `/${attribute}` }], STEPS)).body[attribute]).toBeUndefined();
    if (sample.state) expect((await call('PATCH', href, { [sample.state.attribute]: sample.state.next })).body[sample.state.attribute]).toBe(sample.state.next);
    expect((await call('PATCH', href, { id: 'other' })).status).toBe(400);

    expect((await call('DELETE', href)).status).toBe(204);
    expect((await call('GET', href)).status).toBe(404);
    const types = await until('all events have come', async () => events(id).length >= 3 + Number(sample.state !== undefined) + 1 && events(id).map(({ eventType }) => eventType));
    expect(types).toEqual([sample.events.create, sample.events.change, sample.events.change, ...(sample.state ? [sample.events.state] : []), sample.events.delete]);
    expect(events(id)[sample.state ? 3 : 0]!.event).toHaveProperty(sample.payload);
    for (const { body } of others) expect((await call('DELETE', body.href)).status).toBe(204);
    expect((await call('DELETE', `${server.url}${base}/hub/${hub.body.id}`)).status).toBe(204);
    expect((await call('GET', `${server.url}${base}/docs`)).text).toContain('swagger-ui');
    expect((await call('GET', `${server.url}${base}`)).body._links[sample.path].href).toBe(`${base}/${sample.path}`);
  });

  it('serves tasks and read-only resources with the verbs they have', async () => {
    const base = `${server.url}/tmf-api/pilotage/v4`;
    const job = await call('POST', `${base}/surveyJob`, { url: 'https://files.example/soundings' });
    expect(job).toMatchObject({ status: 201, body: { status: 'Not Started', creationDate: expect.stringMatching(/Z$/) } });
    const patch = await call('PATCH', job.body.href, { name: 'x' });
    expect([patch.status, patch.headers.get('allow'), patch.body['@type']]).toEqual([405, 'GET, DELETE', 'Error']);
    const post = await call('POST', `${base}/tideTable`, { station: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await call('GET', `${base}/tideTable`)).body).toEqual([]);
  });

  it('takes an enum value without the blank that the document spells it with, and answers as spelt there', async () => {
    const made = await call('POST', `${server.url}/tmf-api/berthManagement/v4/berth`, { name: 'South', status: 'aborted' });
    expect(made.body.status).toBe('aborted ');
    expect((await call('PATCH', made.body.href, { status: 'sunk' })).status).toBe(400);
    expect((await call('PATCH', made.body.href, { plan: { content: 'no base64!' } })).body.reason).toBe('Body does not fit the document');
  });

  it('demands on create what the document demands, and on a patch nothing', async () => {
    const base = `${server.url}/vesselCatalog/v5/vessel`;
    expect((await call('POST', base, { name: 'No type' })).body.message).toContain('@type');
    expect((await call('POST', base, { '@type': 'Vessel' })).body.message).toContain('name');
    const made = await call('POST', base, { '@type': 'Vessel', id: 'mine', name: 'Own id' });
    expect(made).toMatchObject({ status: 201, body: { id: 'mine', lastUpdate: expect.any(String) } });
    expect((await call('POST', base, { '@type': 'Vessel', id: 'mine', name: 'Again' })).status).toBe(409);
    expect((await call('PATCH', made.body.href, { name: null }, MERGE)).status).toBe(400);
  });

  it('sends events of version 5 in the form of version 5', async () => {
    const base = `${server.url}/tmf-api/buoy/v5`;
    const hub = await call('POST', `${base}/hub`, { '@type': 'Hub', callback: listener.url });
    const made = await call('POST', `${base}/buoy`, { '@type': 'Buoy', name: 'Red 2' });
    const [event] = await until('the event has come', async () => events(made.body.id).length > 0 && events(made.body.id));
    expect(event).toMatchObject({ '@type': 'BuoyCreateEvent', timeOccurred: expect.any(String) });
    expect(event).not.toHaveProperty('timeOcurred');
    await call('DELETE', `${base}/hub/${hub.body.id}`);
  });

  it('keeps resources within a resource apart', async () => {
    const base = `${server.url}/tmf-api/quay/v4/quay`;
    const [one, two] = await Promise.all(['A', 'B'].map(async (name) => (await call('POST', base, { name })).body));
    const pier = await call('POST', `${base}/${one.id}/pier`, { name: 'Pier 1', number: 1 });
    expect(pier.body.href).toBe(`${base}/${one.id}/pier/${pier.body.id}`);
    expect(pier.headers.get('location')).toBe(pier.body.href);
    expect((await call('GET', `${base}/${one.id}/pier?number=1`)).body).toEqual([pier.body]);
    expect((await call('GET', `${base}/${two.id}/pier`)).body).toEqual([]);
    expect((await call('GET', `${base}/${two.id}/pier/${pier.body.id}`)).status).toBe(404);
    expect((await call('POST', `${base}/none/pier`, { name: 'Lost' })).status).toBe(404);
    expect((await call('DELETE', pier.body.href)).status).toBe(204);
  });

  it('answers 501 where a document alone does not say what an operation does', async () => {
    const base = `${server.url}/tmf-api/craneInventory/v4/crane`;
    const made = await call('POST', base, { label: 'C' });
    expect((await call('PUT', made.body.href, { label: 'D' }))).toMatchObject({ status: 501, body: { code: 'REQ-21' } });
    expect((await call('POST', `${made.body.href}/inspect`)).status).toBe(501);
  });

  it('serves two versions of one API side by side, each with what it keeps', async () => {
    const four = await call('POST', `${server.url}/tmf-api/buoy/v4/buoy`, { name: 'Four' });
    expect((await call('GET', `${server.url}/tmf-api/buoy/v5/buoy/${four.body.id}`)).status).toBe(404);
    const { body } = await call('GET', server.url);
    expect(body.api.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['tmf909-v4', 'tmf909-v5', 'TMF620']));
  });

  it('serves a version 5 document of more than 14,000 lines, and compiles it when it is first used', async () => {
    const document = JSON.parse(JSON.stringify(await import('yaml').then(({ parse }) => parse(readFileSync(fixture('TMF903'), 'utf8')))));
    document.info.title = 'Vessel Register';
    document.servers = [{ url: '/vesselRegister/v5' }];
    for (let copy = 0; copy < 50; copy += 1) {
      for (const [name, schema] of Object.entries(JSON.parse(JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', `#/components/schemas/C${copy}`)))) {
        if (!/^C\d/.test(name)) document.components.schemas[`C${copy}${name}`] = schema;
      }
      if (JSON.stringify(document, null, 2).split('\n').length > 14_000) break;
    }
    const text = JSON.stringify(document, null, 2);
    expect(text.split('\n').length).toBeGreaterThan(14_000);
    const added = await call('POST', `${server.vendor}/apiDocument`, text, { 'content-type': 'application/octet-stream' });
    expect(added.status).toBe(201);
    const made = await call('POST', `${server.url}/vesselRegister/v5/vessel`, { '@type': 'Vessel', name: 'Large' });
    expect(made.status).toBe(201);
    expect((await call('DELETE', added.body.href)).status).toBe(204);
  });
});

describe('a document that cannot be served', () => {
  const cases: readonly (readonly [string, object | string, RegExp])[] = [
    ['refers to what is not there', small('Lost', (document) => { document.components.schemas.Thing.properties.other = { $ref: '#/components/schemas/Nothing' }; }), /Nothing/],
    ['has no paths', small('Empty', (document) => { document.paths = {}; }), /paths is empty/],
    ['has answers that are none', small('Broken', (document) => { document.paths['/thing'].get.responses = 5; }), /paths.*thing.*get.*responses/],
    ['is of another kind', { asyncapi: '3.0.0', info: {} }, /not a valid|asyncapi|OpenAPI/i],
    ['is of a version to come', small('Future', (document) => { document.openapi = '3.9.0'; }), /3\.9\.0/],
    ['cannot be read', 'openapi: [3.0', /flow|\[|collection/i],
  ];

  it.each(cases)('is refused with the place when it %s', async (name, content, place) => {
    const file = written(`${name.replace(/\W+/g, '-')}.yaml`, content);
    const refused = await loadDocument(file).then(() => undefined, (error: Error & { code?: string }) => error);
    expect(refused).toMatchObject({ code: 'API-01' });
    expect(refused!.message).toContain(file);
    expect(refused!.message).toMatch(place);
  });

  it('is refused when its side file speaks of what it lacks, or does not fit', async () => {
    const file = written('side.yaml', small('Side'));
    written('side.resources.yaml', 'resources: { Nothing: { state: x } }');
    await expect(loadDocument(file)).rejects.toThrow('speaks of Nothing');
    written('side.resources.yaml', 'resources: { Thing: { status: x } }');
    await expect(loadDocument(file)).rejects.toThrow("resources.Thing of the side file has 'status'");
  });

  it.each([
    ['the base path is served already', small('Other', (document) => { document.servers = [{ url: 'https://serverRoot/tmf-api/customerManagement/v4/' }]; }), '', 'both served at /tmf-api/customerManagement/v4'],
    ['it would keep its resources among those of another API', small('Sharing'), 'resources: { Thing: { collection: customer } }', 'in the collection customer'],
    ['it claims a collection of the server', small('Claiming'), 'resources: { Thing: { collection: event } }', 'one of the server\'s own'],
  ])('stops the start when %s', async (name, content, side, reason) => {
    const file = written(`start-${name.replace(/\W+/g, '-')}.yaml`, content);
    if (side) written(`start-${name.replace(/\W+/g, '-')}.resources.yaml`, side);
    await expect(startServer({ roles: 'api', env: { API_FILES: file } }).then((server) => server.stop())).rejects.toThrow(reason);
  });

  it('lets versions of one API share a collection when both say so', async () => {
    const files = ['4', '5'].map((major) => {
      written(`TMF950-v${major}.resources.yaml`, 'resources: { Thing: { collection: sharedThing } }');
      return written(`TMF950-v${major}.yaml`, small('Shared', (document) => { document.servers = [{ url: `/tmf-api/shared/v${major}` }]; }));
    });
    const server = await startServer({ roles: 'api', env: { API_FILES: files.join(',') } });
    try {
      const made = await call('POST', `${server.url}/tmf-api/shared/v4/thing`, { name: 'Both' });
      expect((await call('GET', `${server.url}/tmf-api/shared/v5/thing`)).body).toMatchObject([{ id: made.body.id, href: `${server.url}/tmf-api/shared/v5/thing/${made.body.id}` }]);
    } finally {
      await server.stop();
    }
  });
});

describe('documents handed in at run time', () => {
  let server: TestServer;
  let second: Running;
  beforeAll(async () => {
    server = await startServer({ roles: 'api,relay,notification', env: { API_KEYS: 'op:operator:secretsecret,pat:writer:writerwriter' } });
    const port = await freePort();
    const { connection } = server.store.database;
    const uri = `mongodb://${connection.host}:${connection.port}/?replicaSet=${String((await connection.db!.admin().command({ hello: 1 }))['setName'])}`;
    second = await start(readConfig({ MONGODB_URI: uri, MONGODB_DATABASE: connection.name, PORT: String(port), ROLES: 'api', LOG_LEVEL: 'error', WARM_UP: 'false' }), createLog('error'));
  });
  afterAll(async () => {
    await second.stop();
    await server.stop();
  });
  const operator = { authorization: 'Bearer secretsecret' };
  const ask = (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) => call(method, url, body, { ...operator, ...headers });

  it('are checked, kept and served by every process until they are withdrawn, and what they keep outlasts that', async () => {
    const text = readFileSync(fixture('TMF901'), 'utf8');
    const added = await ask('POST', `${server.vendor}/apiDocument`, { document: text, name: 'TMF901_Berth_Management.json' });
    expect(added).toMatchObject({ status: 201, body: { id: 'tmf901-v4', basePath: '/tmf-api/berthManagement/v4', resource: [{ name: 'Berth', stateAttribute: 'status', operation: expect.arrayContaining(['list', 'create']) }] } });
    const berths = `${server.url}/tmf-api/berthManagement/v4/berth`;
    const made = await ask('POST', berths, { name: 'Kept', depth: 0.1 });
    expect(made.status).toBe(201);
    const there = await until('the other process serves it', async () => {
      const reply = await ask('GET', `${second.url}/tmf-api/berthManagement/v4/berth/${made.body.id}`);
      return reply.status === 200 && reply;
    });
    expect(there.body.depth).toBe(0.1);
    expect((await ask('POST', `${server.vendor}/apiDocument`, { document: JSON.parse(text), name: 'TMF901.json' })).body.code).toBe('REQ-15');
    expect((await ask('GET', `${server.vendor}/apiDocument?basePath=/tmf-api/berthManagement/v4`)).body).toHaveLength(1);

    expect((await ask('DELETE', added.body.href)).status).toBe(204);
    expect((await ask('GET', berths)).status).toBe(404);
    await until('the other process serves it no longer', async () => (await ask('GET', `${second.url}/tmf-api/berthManagement/v4/berth`)).status === 404);
    await ask('POST', `${server.vendor}/apiDocument`, { document: JSON.parse(text), name: 'TMF901.json', resources: { basePath: '/tmf-api/berths/v4' } });
    expect((await ask('GET', `${server.url}/tmf-api/berths/v4/berth?name=Kept`)).body).toMatchObject([{ id: made.body.id }]);
    expect((await ask('DELETE', added.body.href)).status).toBe(204);
  });

  it('are for the operator, and refused with the place and the reason', async () => {
    const reply = await call('POST', `${server.vendor}/apiDocument`, { document: small('Mine') }, { authorization: 'Bearer writerwriter' });
    expect(reply).toMatchObject({ status: 403, body: { code: 'AUT-03' } });
    const broken = await ask('POST', `${server.vendor}/apiDocument`, { document: small('Bad', (document) => { document.paths['/thing'].post.requestBody = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Gone' } } } }; }) });
    expect(broken).toMatchObject({ status: 400, body: { code: 'API-01', message: expect.stringContaining('Gone') } });
    const outside = await ask('POST', `${server.vendor}/apiDocument`, { document: small('Outside', (document) => { document.components.schemas.Thing.properties.other = { $ref: 'file:///etc/passwd' }; }) });
    expect(outside).toMatchObject({ status: 400, body: { code: 'API-01' } });
    const taken = await ask('POST', `${server.vendor}/apiDocument`, { document: small('Taken', (document) => { document.servers = [{ url: '/tmf-api/customerManagement/v4' }]; }) });
    expect(taken.body.message).toContain('both served at /tmf-api/customerManagement/v4');
    expect((await ask('DELETE', `${server.vendor}/apiDocument/tmf999-v4`)).status).toBe(404);
  });

  it('are mounted again when a process starts', async () => {
    await ask('POST', `${server.vendor}/apiDocument`, { document: small('Again') });
    await second.stop();
    const { connection } = server.store.database;
    const uri = `mongodb://${connection.host}:${connection.port}/?replicaSet=${String((await connection.db!.admin().command({ hello: 1 }))['setName'])}`;
    second = await start(readConfig({ MONGODB_URI: uri, MONGODB_DATABASE: connection.name, PORT: String(await freePort()), ROLES: 'api', LOG_LEVEL: 'error', WARM_UP: 'false' }), createLog('error'));
    expect((await ask('GET', `${second.url}/tmf-api/again/v4/thing`)).status).toBe(200);
  });
});

describe('trunkline api', () => {
  const trunkline = async (env: NodeJS.ProcessEnv, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const before = { ...process.env };
    const printed = { stdout: '', stderr: '' };
    const spies = (['stdout', 'stderr'] as const).map((name) => jest.spyOn(process[name], 'write').mockImplementation((text) => { printed[name] += String(text); return true; }));
    Object.assign(process.env, env);
    try {
      return { code: await run(['node', 'trunkline', 'api', ...args]) ?? 0, ...printed };
    } finally {
      process.env = before;
      for (const spy of spies) spy.mockRestore();
    }
  };

  it('adds, lists and removes documents, which running servers notice', async () => {
    const server = await startServer({ roles: 'api' });
    try {
      const { connection } = server.store.database;
      const env = { MONGODB_URI: `mongodb://${connection.host}:${connection.port}/?replicaSet=${String((await connection.db!.admin().command({ hello: 1 }))['setName'])}`, MONGODB_DATABASE: connection.name };
      expect((await trunkline(env, 'add', fixture('TMF908'))).stdout).toContain('/tmf-api/permits/v4');
      await until('the server serves it', async () => (await call('GET', `${server.url}/tmf-api/permits/v4/harbourPermit`)).status === 200);
      expect((await trunkline(env, 'list')).stdout).toMatch(/tmf908-v4\s+\/tmf-api\/permits\/v4/);
      expect((await trunkline(env, 'add', fixture('TMF908')))).toMatchObject({ code: 1, stderr: expect.stringContaining('kept already') });
      expect((await trunkline(env, 'remove', 'tmf908-v4')).code).toBe(0);
      await until('the server serves it no longer', async () => (await call('GET', `${server.url}/tmf-api/permits/v4/harbourPermit`)).status === 404);
    } finally {
      await server.stop();
    }
  });

  it('tells what a document has that ours lacks, and the other way round', async () => {
    const other = small('Customer Management', (document) => {
      document.info['x-api-id'] = 'TMF629';
      document.paths = JSON.parse(JSON.stringify(document.paths).replaceAll('thing', 'customer').replaceAll('Thing', 'Customer'));
      document.components.schemas = { Customer: { type: 'object', required: ['shoeSize'], properties: { id: { type: 'string' }, name: { type: 'integer' }, shoeSize: { type: 'integer' }, status: { type: 'string', enum: ['x'] } } } };
    });
    const { code, stdout } = await trunkline({}, 'diff', written('TMF629-v4.yaml', other), '--json');
    expect(code).toBe(1);
    const differences = JSON.parse(stdout) as { only: string; place: string; what: string }[];
    expect(differences).toEqual(expect.arrayContaining([
      expect.objectContaining({ only: 'document', place: 'Customer.shoeSize' }),
      expect.objectContaining({ only: 'ours', place: 'Customer.engagedParty' }),
      expect.objectContaining({ only: 'both', place: 'Customer.name', what: expect.stringMatching(/integer.*string/) }),
      expect.objectContaining({ only: 'ours', place: 'PATCH /customer/{id}' }),
      expect.objectContaining({ only: 'ours', place: 'event CustomerCreateEvent' }),
    ]));
    const same = await trunkline({}, 'diff', join(__dirname, '..', 'openapi', 'TMF629-Customer', 'v4.yaml'));
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('0 differences') });
  });
});

it('finds resources, events, states and base paths in every miniature', async () => {
  const found = await Promise.all(DOCUMENT_FILES.map(async (file) => {
    const api = readApi(await loadDocument(file));
    return [api.document.api, api.document.basePath, ...api.resources.filter(({ path }) => path !== 'hub').map(({ name, state = '-', initial = '-', events }) => `${name} ${state} ${initial} ${events.size}`)];
  }));
  expect(found).toEqual([
    ['tmf901-v4', '/tmf-api/berthManagement/v4', 'Berth status planned 4'],
    ['tmf902-v4', '/tmf-api/pilotage/v4', 'PilotRequest state acknowledged 0', 'TideTable - - 0', 'SurveyJob status Not Started 0'],
    ['tmf903-v5', '/vesselCatalog/v5', 'Vessel lifecycleStatus In study 4'],
    ['tmf904-v5', '/tmf-api/mooring/v5', 'MooringOrder state acknowledged 4'],
    ['tmf905-v4-1', '/tmf-api/lockOperation/v4.1', 'Lock status open 2'],
    ['tmf906-v4', '/tmf-api/craneInventory/v4', 'Crane - - 0'],
    ['tmf907-v4', '/tmf-api/quay/v4', 'Quay - - 0', 'Pier - - 0'],
    ['tmf908-v4', '/tmf-api/permits/v4', 'HarbourPermit phase requested 4'],
    ['tmf909-v4', '/tmf-api/buoy/v4', 'Buoy state created 3'],
    ['tmf909-v5', '/tmf-api/buoy/v5', 'Buoy state created 4'],
  ]);
});
