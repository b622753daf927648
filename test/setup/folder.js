// Where one test run keeps its mongod and its RabbitMQ; named after the run's process, so that a later run can tell who is gone.
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { endLeftovers } = require('../../src/embedded/claim');

const NAME = /^trunkline-test-(\d+)-/;

const makeFolder = () => mkdtempSync(join(tmpdir(), `trunkline-test-${process.pid}-`));

const removeFolder = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

/** Ends and removes what runs that were killed have left. */
async function sweep() {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    await endLeftovers(join(folder, 'mongod'), ['mongod']);
    await endLeftovers(join(folder, 'rabbitmq'), ['rabbitmq', 'epmd']);
    removeFolder(folder);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

module.exports = { makeFolder, removeFolder, sweep };
