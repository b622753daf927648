// The command line as bin/trunkline.js starts it, on the sources.
require('../../src/cli/main').run(process.argv).then((code) => { if (code !== undefined) process.exitCode = code; });
