import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { freePort } from '../../cli/local-ranks.js';
import { mtl, type Ended } from './mtl.js';

/** What a launcher sets for a rank on this host. */
export function rankEnvironment(rank: number, size: number, port: number): NodeJS.ProcessEnv {
  return {
    ...{ RANK: String(rank), WORLD_SIZE: String(size), LOCAL_WORLD_SIZE: String(size) },
    ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) },
  };
}

/**
 * Runs a command as a launcher does, as several ranks.
 * @param own arguments of each rank, after the common ones
 * @param sizes how many ranks each is told that there are; by default as many as there are
 */
export async function launched(
  cwd: string,
  args: readonly string[],
  own: readonly (readonly string[])[],
  sizes: readonly number[] = own.map(() => own.length),
): Promise<readonly Ended[]> {
  const port = await freePort();
  return Promise.all(
    own.map((more, rank) => mtl([...args, ...more], cwd, rankEnvironment(rank, sizes[rank]!, port))),
  );
}

/** Kills the rank of a number among the processes that another one has started. */
export function killRank(rank: number, parent: number): void {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { encoding: 'utf8' });
  for (const pid of children.trim().split(/\s+/).map(Number)) {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    if (variables.includes(`RANK=${rank}`)) process.kill(pid, 'SIGKILL');
  }
}
