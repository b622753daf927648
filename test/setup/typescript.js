// `node -r test/setup/typescript.js` runs our TypeScript without a build: for the processes that tests start and kill.
const { transformFileSync } = require('@swc/core');

const options = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' }, swcrc: false };

require.extensions['.ts'] = (module, file) => module._compile(transformFileSync(file, options).code, file);
