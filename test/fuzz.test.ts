// FUZZ_CASES: how many cases all documents get together, in the long form shared by their numbers of operations. FUZZ_SEED: what the first run draws with.
import { findSchemathesis, fuzz, SENT } from './setup/schemathesis';
import { call, startServer, type TestServer } from './setup/server';

const LONG = process.env['TRUNKLINE_LONG'] !== undefined;
const CASES = Number(process.env['FUZZ_CASES'] ?? (LONG ? 20_000 : 2_000));
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

/**
 * How much one run sends. Several runs with other seeds find more than a long one, and keep its memory small; cases that are written out
 * cost much less than those that are drawn.
 */
const DEPTH = LONG ? { examples: 10, coverage: 20 } : { examples: 1, coverage: 5 };

/** Runs go on after a finding, but not for ever. */
const MOST_FINDINGS = 5;

const APIS = [
  'productCatalogManagement', 'productOrderingManagement', 'customerManagement', 'usageManagement', 'productInventory', 'prepayBalanceManagement', 'accountManagement', 'customerBillManagement',
].map((name) => `/tmf-api/${name}/v4`);
const SERVED = [...APIS, '/trunkline/v1'];

/** One process for all is cheaper to start, one for each is smaller. */
const GROUPS = (LONG ? SERVED.map((path) => [path]) : [SERVED]).map((paths) => ({ paths, title: paths.join(' ') }));

describe('what Schemathesis draws from the served documents, valid and not, is answered as they say', () => {
  let server: TestServer;
  let python: string;
  const operations = new Map<string, number>();
  beforeAll(async () => {
    python = await findSchemathesis();
    // Without workers, so that callbacks and addresses that were drawn are never called.
    server = await startServer({ roles: 'api' });
    for (const path of SERVED) operations.set(path, await operationsOf(`${server.url}${path}`));
  }, 1_200_000);
  afterAll(() => server.stop());

  it('covers every document that is served', async () => {
    const { body } = await call('GET', `${server.url}/`);
    expect(body.api.map(({ href }: { href: string }) => href).sort()).toEqual([...SERVED].sort());
  });

  it.each(GROUPS)('$title', async ({ paths }) => {
    const count = (all: readonly string[]): number => all.reduce((sum, path) => sum + operations.get(path)!, 0);
    const share = Math.ceil((CASES * count(paths)) / count(SERVED));
    const findings: string[] = [];
    let sent = 0;
    for (let seed = SEED; sent < share && findings.length < MOST_FINDINGS; seed += 1) {
      const found = await fuzz(python, paths.map((path) => `${server.url}${path}`), { ...DEPTH, seed, withExamples: seed === SEED });
      for (const [at, one] of found.entries()) {
        process.stderr.write(`${paths[at]} with seed ${seed}: ${one.cases} cases, ${one.excepted} answers that scripts/fuzz/hooks.py explains\n`);
        if (one.findings !== '') findings.push(`${paths[at]} with seed ${seed}: ${one.findings}`);
        sent += one.cases;
      }
    }
    expect(findings).toEqual([]);
  }, 7_200_000);
});

/** Those of a document that are served. */
async function operationsOf(url: string): Promise<number> {
  const { body } = await call('GET', `${url}/openapi.json`);
  return Object.entries<object>(body.paths).flatMap(([path, item]) => (SENT.test(path) ? [] : Object.values(item).filter((one: { operationId?: string }) => one.operationId))).length;
}
