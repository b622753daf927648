import { existsSync } from 'node:fs';
import { onPath, run, tail } from './pursuit';
import type { Log } from './log';

/** True where packages can be installed without asking anybody: root on Debian or a relative of it. */
export const mayInstall = (): boolean => process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get') !== undefined;

/** Installs Debian packages without starting the services they bring. Undefined when done, else apt's last words. */
export async function install(packages: readonly string[], log: Log): Promise<string | undefined> {
  // RUNLEVEL 1 is what keeps the package's own script from starting a system service nobody asked for.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  log.info('Debian packages are being installed', { packages });
  for (const args of [['update', '-q'], ['install', '-y', '-q', '--no-install-recommends', ...packages]]) {
    const { code, output } = await run('apt-get', args, { env, withinMs: 600_000 });
    if (code !== 0) return tail(output);
  }
  return undefined;
}
