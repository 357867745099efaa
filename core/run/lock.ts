import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { badValue } from '../errors.js';
import { processStart } from './process-start.js';

/** The process that trains in a folder. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, see `processStart`. */
  readonly processStart: string | null;
  /** When it took the lock, ISO 8601. */
  readonly since: string;
}

export const lockName = 'run.lock';

/** How long another process may take to write the lock that it has just made, ms. */
const patience = 1000;
const interval = 10;

/** Keeps other processes out of a run folder. A process that ends without releasing it is found out by the next one. */
export class RunLock {
  private constructor(
    private readonly file: string,
    private readonly content: string,
  ) {
    process.on('exit', this.release);
  }

  /**
   * @param folder must exist
   * @throws MtlError `RUN_INVALID` where a process has it that is alive, or may be on another host
   */
  static async take(folder: string): Promise<RunLock> {
    const file = join(folder, lockName);
    const content = describeSelf();
    const holder = await seize(file, content);
    if (holder) throw refusal(folder, file, holder);
    return new RunLock(file, content);
  }

  /** May be called again. A lock that is another's by now is left alone. */
  readonly release = (): void => {
    process.off('exit', this.release);
    if (read(this.file) === this.content) rmSync(this.file, { force: true });
  };
}

/** Who trains in a folder; undefined where nobody does, or nobody that is alive. */
export function lockHolder(folder: string): LockHolder | undefined {
  const content = read(join(folder, lockName));
  const holder = content === undefined ? undefined : parse(content);
  return holder && mayLive(holder) ? holder : undefined;
}

function describeSelf(): string {
  const { pid } = process;
  const since = new Date().toISOString();
  const holder: LockHolder = { pid, host: hostname(), processStart: processStart(pid), since };
  return `${JSON.stringify(holder)}\n`;
}

/** @returns who has the lock instead; undefined where it is this process's now */
async function seize(file: string, content: string): Promise<LockHolder | undefined> {
  for (let waited = 0; ; waited += interval) {
    if (make(file, content)) return undefined;
    const found = read(file);
    if (found === undefined) continue; // released in the meantime
    const holder = parse(found);
    if (holder && mayLive(holder)) return holder;
    // Without a holder it is being written just now, or its writer was killed while it wrote.
    const dead = holder !== undefined || waited >= patience;
    if (dead && (await replace(file, found, content))) return undefined;
    await sleep(interval);
  }
}

/** Whether the file was not there and is this process's now. */
function make(file: string, content: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(descriptor, content);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  // Whoever waited too long for the line above has taken it for a dead one's.
  return read(file) === content;
}

/**
 * Takes a dead process's lock over. Whoever does so holds a lock on the lock, and looks again once it has that: of any
 * number of processes that saw the same dead one, one alone finds it still there.
 */
async function replace(file: string, dead: string, content: string): Promise<boolean> {
  const guard = `${file}.over`;
  const own = describeSelf();
  if (await seize(guard, own)) return false;
  const beside = `${file}.${process.pid}.tmp`;
  try {
    if (read(file) !== dead) return false;
    rmSync(beside, { force: true });
    if (!make(beside, content)) return false;
    renameSync(beside, file);
    return true;
  } finally {
    rmSync(beside, { force: true });
    if (read(guard) === own) rmSync(guard, { force: true });
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(content: string): LockHolder | undefined {
  try {
    const { pid, host, processStart: start, since } = JSON.parse(content) as LockHolder;
    const whole = Number.isSafeInteger(pid) && pid > 0 && typeof host === 'string';
    return whole ? { pid, host, processStart: start, since } : undefined;
  } catch {
    return undefined;
  }
}

/** Of a process on another host nothing is known. */
function mayLive({ pid, host, processStart: start }: LockHolder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be signalled.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = processStart(pid);
  return start === null || now === null || start === now;
}

function refusal(folder: string, file: string, { pid, host, since }: LockHolder): Error {
  const here = host === hostname();
  return badValue('RUN_INVALID', {
    what: 'the run folder',
    expected: 'one that no other process trains in',
    found: `process ${pid} on ${here ? 'this host' : 'the host'} (${host}) at work in ${folder} since ${since}`,
    fix: here
      ? `wait for it, stop it with "kill ${pid}" (it saves first), or name another folder with --run`
      : `wait for it or stop it there; if it is gone, remove ${file}`,
  });
}
