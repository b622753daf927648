#!/usr/bin/env node
require('../scripts/build').whenStale();
require('../dist/cli/main').run(process.argv).then((code) => { if (code !== undefined) process.exitCode = code; });
