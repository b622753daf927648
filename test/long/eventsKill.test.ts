import { killAndCheck } from '../events/killing';

it('100 kills: listener and consumer get every committed change, in order, none twice after de-duplication', async () => {
  const report = await killAndCheck(100);
  process.stderr.write(`${JSON.stringify(report.kills)}, ${report.changes} events\n`);
  expect(report.faults).toEqual([]);
}, 3_600_000);
