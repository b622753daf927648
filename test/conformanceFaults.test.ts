import { runKit, type Result } from '../src/conformance/run';
import { FAULTS, startFaultProxy, type FaultProxy } from './fixtures/faultProxy';
import { startServer, type TestServer } from './setup/server';

// A busy machine may take its time.
jest.setTimeout(600_000);

describe('the conformance kit behind a proxy', () => {
  let server: TestServer;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startServer({ roles: 'api,relay,notification' });
    proxy = await startFaultProxy(server.url);
  });
  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });
  // Only where an event is withheld does the kit wait this long.
  const run = (eventMs = 30_000): Promise<Result> => runKit({ baseUrl: proxy.url, apis: ['620'], resources: ['category'], eventMs });
  const failing = ({ outcomes }: Result): readonly string[] => [...new Set(outcomes.filter(({ verdict }) => verdict === 'failed').map(({ rule }) => rule.id))];

  it('raises no alarm when nothing is planted', async () => {
    proxy.plant(undefined);
    const result = await run();
    expect(result.outcomes.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    expect(result.outcomes.filter(({ verdict }) => verdict === 'passed').length).toBeGreaterThan(70);
    expect(result.left).toEqual([]);
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('names exactly the rule that is broken when %s', async (_name, fault) => {
    proxy.plant(fault);
    const result = await run(fault.notified && 5000);
    expect(failing(result)).toEqual([fault.rule]);
    for (const outcome of result.outcomes.filter(({ verdict }) => verdict === 'failed')) {
      expect(outcome.reason).toMatch(/^[A-Za-z`'?{].*\.$/s);
      expect(outcome.rule.fix).toMatch(/^[A-Z].*\.$/s);
    }
  });
});
