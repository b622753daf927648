import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, until } from './pursuit';

/**
 * Who runs in a folder, kept beside its files: the program's pid and port, and the pids of the processes that use it.
 * The program outlives a user killed by `kill -9`; the next user finds it here.
 */
export type Running = { readonly pid: number; readonly port: number; readonly users: readonly number[] };

/** True if a process of that pid exists. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * False also for a process that has ended and only waits to be reaped. Its first thread is shown as ended before the others
 * are, and its ports are free only after the last of them.
 */
function isRunning(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')) || readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return process.platform !== 'linux';
  }
}

async function commandLine(pid: number): Promise<string> {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    if (process.platform === 'linux') return '';
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).output;
  }
}

/** True if the process runs and its command line names the folder: a pid alone may since belong to somebody else. */
async function runsIn(pid: number, folder: string): Promise<boolean> {
  return isRunning(pid) && (await commandLine(pid)).includes(folder);
}

function readRunning(file: string): Running | undefined {
  try {
    const { pid, port, users } = JSON.parse(readFileSync(file, 'utf8')) as Running;
    return Number.isInteger(pid) && Number.isInteger(port) && Array.isArray(users) ? { pid, port, users } : undefined;
  } catch {
    return undefined;
  }
}

function writeRunning(file: string, running: Running): void {
  writeFileSync(`${file}.new`, JSON.stringify(running));
  renameSync(`${file}.new`, file);
}

/** The users that still live, without this process. */
const otherUsers = ({ users }: Running): number[] => users.filter((pid) => pid !== process.pid && isAlive(pid));

/**
 * Takes a share in the program of a folder: joins the one that runs there, else launches it, on its former port if that is free.
 * `launch` calls `note` as soon as it has a pid, so that a starter killed meanwhile leaves something to find.
 * `leave` ends the program unless another living process has a share too; then that one ends it. One share per process.
 */
export async function share(folder: string, name: string, launch: (formerPort: number | undefined, note: (pid: number, port: number) => void) => Promise<void>) {
  const [file, lock] = [join(folder, `${name}.json`), join(folder, `${name}.lock`)];
  const { running, joined } = await exclusively(lock, async () => {
    const before = readRunning(file);
    const found = before && (await runsIn(before.pid, folder)) ? before : undefined;
    const others = before ? otherUsers(before) : [];
    if (!found) await launch(before?.port, (pid, port) => writeRunning(file, { pid, port, users: [...others, process.pid] }));
    const present = readRunning(file);
    if (!present) throw new Error(`${file} vanished while ${name} was starting.`);
    writeRunning(file, { ...present, users: [...otherUsers(present), process.pid] });
    return { running: present, joined: found !== undefined };
  });
  const leave = () => exclusively(lock, async () => {
    const present = readRunning(file);
    if (present?.pid !== running.pid) return;
    const others = otherUsers(present);
    writeRunning(file, { ...present, users: others });
    if (others.length === 0) await end(running.pid, folder);
  });
  return { pid: running.pid, port: running.port, joined, leave };
}

/** Ends whatever still runs in a folder none of whose users live: what a test run killed by `kill -9` leaves. */
export async function endLeftovers(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const running = readRunning(join(folder, `${name}.json`));
    if (running && otherUsers(running).length === 0) await end(running.pid, folder, { withinMs: 5_000 });
  }
}

/** Ends a process of that folder: the signal, then SIGKILL when it has not gone in time. */
export async function end(pid: number, folder: string, { by = 'SIGTERM', withinMs = 30_000 }: { by?: NodeJS.Signals; withinMs?: number } = {}): Promise<void> {
  if (!(await runsIn(pid, folder))) return;
  const gone = () => (isRunning(pid) ? undefined : true);
  signal(pid, by);
  if (await until(withinMs, gone)) return;
  signal(pid, 'SIGKILL');
  await until(10_000, gone);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const heldHere = new Set<string>();

/**
 * Does the work while holding a lock file, so that two processes do not start (or fetch) the same thing at once. The lock of a
 * dead process is taken over. Waiting longer than `withinMs` is an error that names the holder.
 */
export async function exclusively<T>(file: string, work: () => Promise<T>, withinMs = 120_000): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  if (!(await until(withinMs, () => grab(file) || undefined, 100))) {
    throw new Error(`${file} is held by process ${holder(file) ?? 'unknown'}. Wait for it, or remove the file if that process is not ours.`);
  }
  try {
    return await work();
  } finally {
    heldHere.delete(file);
    rmSync(file, { force: true });
  }
}

function grab(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    heldHere.add(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = holder(file);
    // In a container a new process often has the pid of the one that died with the lock in its hand.
    const stale = pid !== undefined && (pid === process.pid ? !heldHere.has(file) : !isAlive(pid));
    if (stale) rmSync(file, { force: true });
    return false;
  }
}

function holder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
