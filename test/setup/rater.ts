import { createClock } from '../../src/clock';
import { readConfig } from '../../src/config';
import { openBroker } from '../../src/events/open';
import { createLog } from '../../src/log';
import { readApis } from '../../src/main';
import { openStore } from '../../src/store/store';
import { startRating } from '../../src/workers/rating';

/**
 * A process that is a rating worker and nothing else, for tests that kill it: made ready first, so that several can be at once, and set
 * to work by a message that says where it dies.
 */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const resources = (await readApis(config)).flatMap((api) => api.resources);
  process.send!('ready');
  const crashAt = await new Promise<string>((resolve) => { process.once('message', (text) => resolve(String(text))); });
  process.env['CRASH_AT'] = crashAt;
  const log = createLog(config.logLevel);
  const clock = createClock();
  const store = await openStore({ uri: config.mongodbUri!, resources, clock });
  await clock.follow(store);
  const broker = await openBroker({ store, log, url: config.amqpUrl, prefix: config.brokerPrefix, partitions: config.brokerPartitions });
  await startRating({ store, broker, log, check: () => undefined });
}
main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
