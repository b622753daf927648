import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { readYaml, loadDocument, type OpenApi, type SchemaNode } from '../src/spec/document';
import { readApi } from '../src/spec/operation';
import { checkLifecycles } from '../src/spec/checkLifecycles';
import { bind } from '../src/rest/handlers';
import { createValidation } from '../src/rest/validation';
import { call, startServer, type TestServer } from './setup/server';
import type { Json } from './setup/shop';

const run = promisify(execFile);
const FACTS = join(__dirname, 'spec');

/** Where each official API is served. */
const PATHS: Readonly<Record<string, string>> = {
  tmf620: 'productCatalogManagement', tmf622: 'productOrderingManagement', tmf629: 'customerManagement', tmf635: 'usageManagement',
  tmf637: 'productInventory', tmf654: 'prepayBalanceManagement', tmf666: 'accountManagement', tmf678: 'customerBillManagement',
};

describe('the served documents', () => {
  let server: TestServer;
  beforeAll(async () => { server = await startServer({ roles: 'api' }); });
  afterAll(() => server.stop());

  it.each(Object.entries(PATHS))('%s equals the official facts, operation ids, error statuses and unused schemas included', async (api, path) => {
    const { stdout } = await run(process.execPath, [join(FACTS, 'check.mjs'), `${server.api(path)}/openapi.json`, join(FACTS, `${api}-v4.json`), '--strict', '--errors', '--operation-ids'])
      .catch((error: { stdout: string }) => ({ stdout: error.stdout }));
    expect(stdout).toMatch(/ 0 differences\n$/);
  });

  it('says of each operation of ours what any operation may be answered', async () => {
    const { body } = await call('GET', `${server.vendor}/openapi.json`);
    const asked = Object.entries<Json>(body.paths).flatMap(([path, item]) => Object.entries<Json>(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation }))).filter(({ operation }) => operation.operationId);
    const silent = asked.flatMap(({ name, operation }) => ['401', '403', '405', '406', '500', '503', ...(operation.requestBody ? ['400', '415'] : [])].filter((status) => !(status in operation.responses)).map((status) => `${name} ${status}`));
    expect(silent).toEqual([]);
  });

  it('announces the four bill events that only the newer official document names', async () => {
    const { body } = await call('GET', `${server.api('customerBillManagement')}/openapi.json`);
    const events = Object.values((body as OpenApi).components?.schemas ?? {}).flatMap((schema: SchemaNode) => schema['x-resource']?.events ?? []);
    const { events: facts } = parse((await run('cat', [join(FACTS, 'tmf678-v5.json')])).stdout) as { events: { eventType: string }[] };
    expect(events.sort()).toEqual(facts.map(({ eventType }) => eventType).sort());
  });

  it.each([...Object.values(PATHS).map((path) => `/tmf-api/${path}/v4`), '/trunkline/v1'])('%s explains every schema and attribute, and has a home and a reading page', async (base) => {
    const { body } = await call('GET', `${server.url}${base}/openapi.json`);
    const silent = Object.entries((body as OpenApi).components?.schemas ?? {}).flatMap(([name, schema]) => [
      ...(schema.description || schema.$ref ? [] : [name]),
      ...Object.entries(schema.properties ?? {}).filter(([, child]) => !child.description && !child.$ref).map(([attribute]) => `${name}.${attribute}`),
    ]);
    expect(silent).toEqual([]);
    expect((await call('GET', `${server.url}${base}/`)).body._links.self.href).toBe(base);
    expect((await call('GET', `${server.url}${base}/docs`)).text).toContain('swagger-ui');
  });
});

describe('the process refuses to start', () => {
  const file = join(__dirname, '..', 'openapi', 'TMF629-Customer', 'v4.yaml');
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-documents-'));

  async function changed(change: (document: Json) => void): Promise<string> {
    const document = await readYaml(file);
    change(document);
    const text = stringify(document).replaceAll('../common/', `${join(__dirname, '..', 'openapi', 'common')}/`);
    const path = join(folder, `v${Math.floor(Math.random() * 1e9)}.yaml`);
    writeFileSync(path, text);
    return path;
  }

  it('when a document is not valid, naming the file and the place', async () => {
    const path = await changed((document) => { document.paths['/customer'].get.responses = 5; });
    await expect(loadDocument(path)).rejects.toThrow(new RegExp(`${path}.*customer`, 's'));
  });

  it('when an operation has no handler, naming it', async () => {
    const path = await changed((document) => {
      document.paths['/customer/{id}/merge'] = { post: { operationId: 'mergeCustomer', parameters: document.paths['/customer/{id}'].get.parameters.slice(0, 1), responses: { 200: { description: 'ok' } } } };
    });
    const api = readApi(await loadDocument(path));
    expect(() => bind(api.operations, {}, createValidation(api))).toThrow('operation mergeCustomer has no handler');
  });

  it('when a behaviour names an operation that the document lacks', async () => {
    const api = readApi(await loadDocument(file));
    expect(() => bind(api.operations, { createCustommer: () => Promise.reject(new Error()) }, createValidation(api))).toThrow('createCustommer');
  });

  it('when the states of a document are not those of the life cycle, naming document, attribute and state', async () => {
    const usage = join(__dirname, '..', 'openapi', 'TMF635-Usage', 'v4.yaml');
    const document = await readYaml(usage) as Json;
    document.components.schemas.UsageStatusType.enum.push('lost');
    const path = join(folder, 'v635.yaml');
    writeFileSync(path, stringify(document).replaceAll('../common/', `${join(__dirname, '..', 'openapi', 'common')}/`));
    const api = readApi(await loadDocument(path));
    expect(() => checkLifecycles([api])).toThrow(/v635\.yaml: Usage\.status: .*lost/);
  });
});
