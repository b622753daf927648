import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks every `everyMs` until the answer is not undefined; undefined once `withinMs` are over. */
export async function until<T>(withinMs: number, ask: () => Promise<T | undefined> | T | undefined, everyMs = 50): Promise<T | undefined> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= end) return undefined;
    await pause(everyMs);
  }
}

/** The first file of that name on PATH that may be executed. */
export function onPath(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path.split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export type Outcome = { readonly code: number; readonly output: string };

/** Runs a command to its end. A command that cannot be started or takes too long has code -1 and says so in `output`. */
export function run(command: string, args: readonly string[], { env = process.env, cwd, withinMs = 60_000 }: { env?: NodeJS.ProcessEnv; cwd?: string; withinMs?: number } = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, ...(cwd === undefined ? {} : { cwd }), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const timer = setTimeout(() => {
      output += `\n${command} was ended after ${withinMs / 1000} s`;
      child.kill('SIGKILL');
    }, withinMs);
    const collect = (chunk: Buffer) => { output += chunk.toString(); };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => { clearTimeout(timer); resolve({ code: -1, output: error.message }); });
    child.once('close', (code) => { clearTimeout(timer); resolve({ code: code ?? -1, output: output.trim() }); });
  });
}

/** The end of a longer text, for error messages. */
export const tail = (text: string, lines = 5): string => text.trim().split('\n').slice(-lines).join('\n');
