// The suites of a whole run, put together in a few files: to load the product and to warm it up takes more processor time than most suites do.
// `npx jest test/x.test.ts` runs a suite by itself all the same.
const { mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { join, relative, sep } = require('node:path');

/** Few enough to save the loading, enough to keep two workers busy to the end. */
const GROUPS = 6;

/** Seconds of the suites that take long; the others take about as many as their folder says. */
const SECONDS = {
  conformance: 165, fuzz: 100, eventsKill: 91, demo: 77, conformanceFaults: 54, process: 49, ratingProperty: 48, reconciliationKilled: 46, embedded: 44, query: 44, anyDocument: 41, billingRestart: 37,
  productOrderingCrash: 35, relay: 25, 'prepayBalance.concurrency': 20, ratingKilled: 20,
};
const secondsOf = (suite) => SECONDS[suite.slice(suite.lastIndexOf('/') + 1, -'.test.ts'.length)] ?? (suite.startsWith('test/') ? 8 : 1);

/** All suites below the root but the long ones, as paths with slashes. */
function suitesOf(root) {
  return ['src', 'test'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file).split(sep).join('/')))
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('test/long/')).sort();
}

/** The longest suites first, each to the group that has least so far. */
function shared(suites) {
  const groups = Array.from({ length: GROUPS }, () => ({ seconds: 0, suites: [] }));
  for (const suite of [...suites].sort((a, b) => secondsOf(b) - secondsOf(a))) {
    const group = groups.reduce((least, one) => (one.seconds < least.seconds ? one : least));
    group.seconds += secondsOf(suite);
    group.suites.push(suite);
  }
  return groups;
}

/** Writes one file for each group into the folder, which names its suites in its tests. */
exports.writeGroups = (root, folder) => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const up = relative(folder, root).split(sep).join('/');
  for (const [at, { suites }] of shared(suitesOf(root)).entries()) {
    writeFileSync(join(folder, `group${at + 1}.test.js`), suites.map((suite) => `describe('${suite}', () => { require('${up}/${suite.slice(0, -'.ts'.length)}'); });\n`).join(''));
  }
};
