// npm test: types, lint, then all suites. Ends with one plain line, `N passed, N failed`; types and lint count as one each.
// With file patterns only those suites run. --long adds test/long and whatever else asks for TRUNKLINE_LONG.
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const root = join(__dirname, '..');
const installed = (...path) => join(root, 'node_modules', ...path);

function run(...args) {
  const env = long ? { ...process.env, TRUNKLINE_LONG: '1' } : process.env;
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status === 0;
}

/** Runs one check and counts it as one test. */
function check(title, ...args) {
  const passed = run(...args);
  console.log(`${passed ? 'PASS' : 'FAIL'} ${title}`);
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Runs jest and counts its tests; a suite that cannot even be loaded is one failure. */
function suites(patterns) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-results-'));
  const file = join(folder, 'results.json');
  const withLong = long || patterns.some((pattern) => pattern.includes('long'));
  const ok = run(installed('jest', 'bin', 'jest.js'), '--maxWorkers=2', '--json', `--outputFile=${file}`,
    ...(withLong ? [] : ['--testPathIgnorePatterns', '/node_modules/', '<rootDir>/test/long/']),
    ...(patterns.length > 0 ? ['--testPathPatterns', ...patterns] : []));
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

const args = process.argv.slice(2);
const long = args.includes('--long');
const patterns = args.filter((arg) => arg !== '--long');

const counts = patterns.length > 0 ? [] : [
  check('types', installed('@typescript', 'native', 'bin', 'tsc'), '-p', 'tsconfig.test.json'),
  check('lint', installed('eslint', 'bin', 'eslint.js'), '.'),
];
counts.push(suites(patterns));

const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
