// `node -r test/setup/typescript.js` runs our TypeScript without a build: for the processes that tests start and kill.
const { createHash, randomUUID } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { tmpdir, userInfo } = require('node:os');
const { join } = require('node:path');
const { transformSync, version } = require('@swc/core');

const options = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' }, swcrc: false };
// What one process has compiled the next ones find: tests start many, with the same files.
const cache = join(tmpdir(), `trunkline-typescript-${userInfo().username}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });

function compiled(file) {
  const source = readFileSync(file, 'utf8');
  const kept = join(cache, createHash('sha256').update(`${version} ${JSON.stringify(options)} ${source}`).digest('hex'));
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const { code } = transformSync(source, { ...options, filename: file });
    const draft = `${kept}.${randomUUID()}`;
    writeFileSync(draft, code);
    renameSync(draft, kept);
    return code;
  }
}

require.extensions['.ts'] = (module, file) => module._compile(compiled(file), file);
