// Where one test run keeps its mongod and its RabbitMQ; named after the run's process, so that a later run can tell who is gone.
const { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } = require('node:fs');
const { freemem, tmpdir } = require('node:os');
const { basename, join } = require('node:path');
const { endLeftovers } = require('../../src/embedded/claim');

const NAME = /^trunkline-test-(\d+)-/;

// Each suite makes and drops a database; in memory that takes a quarter of the time. Tests kill processes, never the machine.
const MEMORY = '/dev/shm';
const ROOM = 6 * 1024 ** 3;
const places = () => [...new Set([tmpdir(), ...(existsSync(MEMORY) ? [MEMORY] : [])])];
const hasRoom = () => {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, freemem()) > ROOM;
};

const makeFolder = () => mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), `trunkline-test-${process.pid}-`));

const removeFolder = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

/** Ends and removes what runs that were killed have left. */
async function sweep() {
  for (const folder of places().flatMap((place) => readdirSync(place).map((name) => join(place, name)))) {
    const pid = Number(NAME.exec(basename(folder))?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
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
