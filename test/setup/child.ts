import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from './server';

export interface Child {
  readonly url: string;
  readonly pid: number;
  /** All that it wrote to stderr: its log. */
  log(): string;
  /** Sends the signal and waits for the end. @returns its exit code, or null when the signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

const root = join(__dirname, '..', '..');

/** The product as its users start it: a process of its own. Rejects with its log when it ends before it listens. */
export async function startChild(env: NodeJS.ProcessEnv, args: readonly string[] = ['serve']): Promise<Child> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['-r', join(__dirname, 'typescript.js'), join(__dirname, 'cli.js'), ...args], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(port), LOG_LEVEL: 'info', DEMO: 'true', ALLOW_PRIVATE_CALLBACKS: 'true', WARM_UP: 'false', ...env },
  });
  let log = '';
  child.stderr!.on('data', (chunk: Buffer) => { log += String(chunk); });
  const ended = new Promise<number | null>((resolve) => { child.once('exit', (code) => resolve(code)); });
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => { if (String(chunk).includes('listens on')) resolve(); });
    void ended.then((code) => reject(new Error(`ended with ${code} before it listened: ${log.slice(-2000)}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`, pid: child.pid!, log: () => log, ended,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
