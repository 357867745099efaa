import { readFileSync } from 'node:fs';

/**
 * The most memory, in MiB, that this process ever had resident, its threads and the runtime included.
 *
 * From `VmHWM` of /proc/self/status where there is one: Linux hands `getrusage`'s maximum down from the process that
 * forked, so that a small process that a large one started seems as large.
 */
export function peakMemory(): number {
  return (kernelPeak() ?? process.resourceUsage().maxRSS) / 1024;
}

/** KiB; none where there is no such file. */
function kernelPeak(): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}
