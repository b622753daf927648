// Once per test run: a mongod and a RabbitMQ for all suites, unless TEST_MONGODB_URI or MONGODB_URI, and AMQP_URL, name others.
// jest compiles the TypeScript required here, so the tests of one part do not wait for a build of all.
const { join } = require('node:path');
const { startMongod } = require('../../src/embedded/mongod');
const { startRabbitmq } = require('../../src/embedded/rabbitmq');
const { makeFolder, removeFolder, sweep } = require('./folder');

const say = (sentence, facts = {}) => process.stderr.write(`${sentence} ${facts.version ?? ''}\n`);
const log = { info: say, warn: say };

module.exports = async () => {
  await sweep();
  const folder = makeFolder();
  const given = { mongodb: process.env.TEST_MONGODB_URI ?? process.env.MONGODB_URI, amqp: process.env.AMQP_URL };
  const started = await Promise.allSettled([
    given.mongodb ?? startMongod({ folder: join(folder, 'mongod'), log, cacheMb: 256, testCommands: true, mayInstall: true }),
    given.amqp ?? startRabbitmq({ folder: join(folder, 'rabbitmq'), log }),
  ]);
  globalThis.trunklineGround = {
    async stop() {
      for (const { value } of started) if (value?.stop) await value.stop();
      removeFolder(folder);
    },
  };
  const failure = started.find(({ status }) => status === 'rejected');
  if (failure) {
    await globalThis.trunklineGround.stop();
    throw failure.reason;
  }
  const [mongod, rabbitmq] = started.map(({ value }) => value);
  // A suite uses a few operations; what it does not use need not be compiled.
  process.env.WARM_UP = 'false';
  process.env.TEST_MONGODB_URI = mongod.uri ?? mongod;
  process.env.TEST_AMQP_URL = rabbitmq.url ?? rabbitmq;
};
