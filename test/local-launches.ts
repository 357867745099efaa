import { freePort } from '../cli/local-ranks.js';
import type { Launch } from '../core/world/launch.js';

/** What each of so many ranks on this host is told; they meet at a port of their own. */
export async function localLaunches(size: number): Promise<readonly Launch[]> {
  const port = await freePort();
  const where = { size, localSize: size, host: '127.0.0.1', port, launcherKeepsStore: false, name: 'local' };
  return Array.from({ length: size }, (_, rank) => ({ rank, ...where }));
}
