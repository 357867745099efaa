import { mkdirSync, readdirSync } from 'node:fs';
import { badValue, type ErrorCode } from '../errors.js';

/**
 * Makes a folder to export to, where there is none.
 * @param path absolute
 * @param code of the error where something is in it
 * @returns whether the folder is new
 */
export function makeEmptyFolder(path: string, code: ErrorCode): boolean {
  const made = mkdirSync(path, { recursive: true }) !== undefined;
  const found = readdirSync(path).length;
  if (found === 0) return made;
  throw badValue(code, {
    what: 'the folder to export to',
    expected: 'a new or empty one',
    found: `${found} entries in ${path}`,
  });
}
