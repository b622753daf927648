import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runKit, type Result } from '../src/conformance/run';
import { DOCUMENT_FILES } from './fixtures/documents';
import { startServer, type TestServer } from './setup/server';

jest.setTimeout(900_000);

/** One resource of each API is looked at here, all of them with TRUNKLINE_LONG. */
const OURS: readonly (readonly [api: string, resource: string])[] = [
  ['620', 'productOffering'], ['622', 'productOrder'], ['629', 'customer'], ['635', 'usage'], ['637', 'product'], ['654', 'topupBalance'], ['666', 'billingAccount'], ['678', 'customerBillOnDemand'],
];
const MINIATURES = ['901', '902', '903/v5', '904/v5', '905/v4.1', '906', '907', '908', '909/v4', '909/v5'];
const long = process.env['TRUNKLINE_LONG'] !== undefined;

describe('the conformance kit', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { API_FILES: DOCUMENT_FILES.join(',') } });
  });
  afterAll(() => server.stop());
  const broken = ({ outcomes }: Result): readonly string[] =>
    outcomes.filter(({ verdict }) => verdict === 'failed').map(({ rule, resource, title, reason }) => `${resource} ${rule.id} (${title}): ${reason}`);
  const passed = ({ outcomes }: Result): number => outcomes.filter(({ verdict }) => verdict === 'passed').length;

  it.each(OURS)('finds nothing to change in TMF%s', async (api, resource) => {
    const result = await runKit({ baseUrl: server.url, apis: [api], eventMs: 60_000, ...(long ? {} : { resources: [resource] }) });
    expect(broken(result)).toEqual([]);
    expect(passed(result)).toBeGreaterThan(25);
  });

  it.each(MINIATURES)('finds nothing to change in the miniature %s, by the document that the server shows', async (api) => {
    const result = await runKit({ baseUrl: server.url, apis: [api], eventMs: 60_000 });
    expect(broken(result)).toEqual([]);
    expect(passed(result)).toBeGreaterThan(40);
    expect(result.left).toEqual([]);
  });

  // What is built, in a process of its own: its modules are loaded otherwise than in these tests.
  it('runs from the command line and ends with 0', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(__dirname, '..', 'bin', 'trunkline.js'), 'conformance', '--base-url', server.url, '--api', '629']);
    expect(stdout).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/m);
  });
});
