import { killAndCheck } from './events/killing';

it('10 kills of API, relay, notification worker and broker: listener and consumer get every committed change, in order, none twice after de-duplication', async () => {
  const report = await killAndCheck(10);
  process.stderr.write(`${JSON.stringify(report.kills)}, ${report.changes} events\n`);
  expect(report.faults).toEqual([]);
  expect(report.changes).toBeGreaterThan(100);
}, 900_000);
