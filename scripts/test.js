// npm test: types, lint and all suites beside each other. Ends with one plain line, `N passed, N failed`; types and lint count as one each.
// With file patterns only those suites run. --long adds test/long and whatever else asks for TRUNKLINE_LONG.
const { spawn } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { writeGroups } = require('./testGroups');

const root = join(__dirname, '..');
const installed = (...path) => join(root, 'node_modules', ...path);

const NOT_LONG = ['--testPathIgnorePatterns', '/node_modules/', '<rootDir>/test/long/'];

const args = process.argv.slice(2);
const long = args.includes('--long');
const patterns = args.filter((arg) => arg !== '--long');
/** A suite that hangs must not keep the others' results back. */
const MOST_MINUTES = long ? 360 : 60;

/** Runs a program of Node's. @returns whether it ended well, and what it wrote unless that went straight through */
function run(program, stdio) {
  const env = long ? { ...process.env, TRUNKLINE_LONG: '1' } : process.env;
  const child = spawn(process.execPath, program, { cwd: root, stdio, env, detached: true });
  // A group of its own, so that what the program has started ends with it.
  const end = (signal) => { try { process.kill(-child.pid, signal); } catch { /* It has ended. */ } };
  const limit = setTimeout(() => {
    console.log(`${program[0]} was ended after ${MOST_MINUTES} minutes`);
    end('SIGKILL');
  }, MOST_MINUTES * 60_000);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end(signal));
  let output = '';
  child.stdout?.on('data', (chunk) => { output += chunk; });
  child.stderr?.on('data', (chunk) => { output += chunk; });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ ok: code === 0, output });
    });
  });
}

/** Runs one check and counts it as one test. */
async function check(title, ...program) {
  const { ok, output } = await run(program, ['ignore', 'pipe', 'pipe']);
  console.log(`${output}${ok ? 'PASS' : 'FAIL'} ${title}`);
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Which files jest runs. */
function chosen() {
  if (patterns.length > 0) return [...(long || patterns.some((pattern) => pattern.includes('long')) ? [] : NOT_LONG), '--testPathPatterns', ...patterns];
  if (long) return [];
  writeGroups(root, join(root, 'test', 'groups'));
  return ['--testMatch', '<rootDir>/test/groups/*.test.js'];
}

/** Runs jest and counts its tests; a suite that cannot even be loaded is one failure. */
async function suites() {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-results-'));
  const file = join(folder, 'results.json');
  const { ok } = await run([installed('jest', 'bin', 'jest.js'), '--maxWorkers=2', '--forceExit', '--json', `--outputFile=${file}`, ...chosen()], 'inherit');
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: ok ? failed : Math.max(failed, 1) };
  } catch {
    // No results: the set-up failed, and jest has said why.
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const counts = await Promise.all([
    suites(),
    ...(patterns.length > 0 ? [] : [
      check('types', installed('@typescript', 'native', 'bin', 'tsc'), '-p', 'tsconfig.test.json'),
      check('lint', installed('eslint', 'bin', 'eslint.js'), '.'),
    ]),
  ]);
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

main();
