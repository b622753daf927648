// The longest suites first: one that begins last would have a worker idle beside it.
const { relative } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

const LONGEST = ['test/conformance.test.ts', 'test/eventsKill.test.ts', 'test/ratingProperty.test.ts', 'test/demo.test.ts', 'src/events/relay.test.ts', 'test/conformanceFaults.test.ts',
  'test/prepayBalance.concurrency.test.ts', 'test/embedded.test.ts', 'test/process.test.ts', 'test/query.test.ts', 'test/anyDocument.test.ts', 'test/ratingKilled.test.ts'];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path, context }) => (LONGEST.indexOf(relative(context.config.rootDir, path)) + LONGEST.length + 1) % (LONGEST.length + 1);
    return super.sort(tests).map((test, at) => ({ test, at })).sort((a, b) => place(a.test) - place(b.test) || a.at - b.at).map(({ test }) => test);
  }
};
