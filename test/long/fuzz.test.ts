// FUZZ_CASES: how many cases all documents get together, shared by their numbers of operations. FUZZ_SEED: what the first run draws with.
import { findSchemathesis, fuzz, SENT } from '../setup/schemathesis';
import { call, startServer, type TestServer } from '../setup/server';

const CASES = Number(process.env['FUZZ_CASES'] ?? 20_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

/** At most so many drawn cases of an operation in one run. Several runs with other seeds find more than a long one, and keep its memory small. */
const MOST_EXAMPLES = 10;

/** Beside those it draws, a run has about as many that it writes out or that follow links. */
const OTHER_CASES = 10;

const APIS = [
  'productCatalogManagement', 'productOrderingManagement', 'customerManagement', 'usageManagement', 'productInventory', 'prepayBalanceManagement', 'accountManagement', 'customerBillManagement',
].map((name) => `/tmf-api/${name}/v4`);
const SERVED = [...APIS, '/trunkline/v1'];

describe('what Schemathesis draws from the served documents, valid and not, is answered as they say', () => {
  let server: TestServer;
  let program: string;
  const operations = new Map<string, number>();
  beforeAll(async () => {
    program = await findSchemathesis();
    // Without workers, so that callbacks and addresses that were drawn are never called.
    server = await startServer({ roles: 'api' });
    for (const path of SERVED) operations.set(path, await operationsOf(`${server.url}${path}`));
  }, 1_200_000);
  afterAll(() => server.stop());

  it('covers every document that is served', async () => {
    const { body } = await call('GET', `${server.url}/`);
    expect(body.api.map(({ href }: { href: string }) => href).sort()).toEqual([...SERVED].sort());
  });

  it.each(SERVED)('%s', async (path) => {
    const all = [...operations.values()].reduce((sum, count) => sum + count, 0);
    const share = Math.ceil((CASES * operations.get(path)!) / all);
    const examples = Math.max(1, Math.min(MOST_EXAMPLES, Math.ceil(share / operations.get(path)!) - OTHER_CASES));
    let cases = 0;
    let excepted = 0;
    for (let seed = SEED; cases < share; seed += 1) {
      const one = await fuzz(program, `${server.url}${path}`, { seed, examples });
      expect(one.findings).toBe('');
      cases += one.cases;
      excepted += one.excepted;
    }
    process.stderr.write(`${path}: ${cases} cases, ${excepted} answers that scripts/fuzz/hooks.py explains\n`);
  }, 7_200_000);
});

/** Those of a document that are served. */
async function operationsOf(url: string): Promise<number> {
  const { body } = await call('GET', `${url}/openapi.json`);
  return Object.entries<object>(body.paths).flatMap(([path, item]) => (SENT.test(path) ? [] : Object.values(item).filter((one: { operationId?: string }) => one.operationId))).length;
}
