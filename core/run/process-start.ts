import { readFileSync } from 'node:fs';

/**
 * When a process began, in the system's own ticks, as a text to compare: a later process with the same number has
 * another. `ended` where it only waits to be collected by its parent; null where the system does not say (it is no
 * Linux), or where there is no such process.
 */
export function processStart(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces and parentheses itself. Behind it stand the fields from the third on.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return /^[ZX]$/.test(fields[0]!) ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
