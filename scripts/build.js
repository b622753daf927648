// Compiles src to dist when a source is newer than the last build, so that `npm start` needs no separate step.
const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const stamp = join(root, 'dist', '.built');

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

/** Builds if needed; a failed build ends the process with the compiler's output. Without src (an image) dist is taken as it is. */
exports.whenStale = () => {
  const src = join(root, 'src');
  if (!existsSync(src)) return;
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest(src)) return;
  const started = new Date();
  const tsc = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: ['ignore', 2, 2], cwd: root });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, `${started.toISOString()}\n`);
};
