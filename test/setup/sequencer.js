// The longest suites first: one that begins last would have a worker idle beside it.
const { relative } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

const LONGEST = ['test/conformance.test.ts', 'test/eventsKill.test.ts', 'test/ratingProperty.test.ts', 'test/demo.test.ts', 'src/events/relay.test.ts', 'test/conformanceFaults.test.ts',
  'test/prepayBalance.concurrency.test.ts', 'test/embedded.test.ts', 'test/process.test.ts', 'test/query.test.ts', 'test/anyDocument.test.ts', 'test/ratingKilled.test.ts'];

/** Those not named come after all that are, as jest has them. */
function place({ path, context }) {
  const at = LONGEST.indexOf(relative(context.config.rootDir, path));
  return at < 0 ? LONGEST.length : at;
}

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => place(a) - place(b));
  }
};
