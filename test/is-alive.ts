import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a process runs; one that has ended may wait for its parent to notice. */
export function isAlive(pid: number): boolean {
  const status = join('/proc', String(pid), 'stat');
  if (existsSync('/proc/self/stat')) {
    return existsSync(status) && !/\) Z /.test(readFileSync(status, 'utf8'));
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
