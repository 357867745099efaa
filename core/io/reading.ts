import { badValue, messageOf, MtlError } from '../errors.js';
import { readRegularFile } from './read-file.js';

/**
 * Reads the file of a sample or picture, and says which one it was where that, or making use of it, fails.
 * @param expected e.g. `a readable picture`
 * @param limit bytes that the file may have at most; default 2 GiB
 * @throws MtlError `SAMPLE_INVALID`
 */
export async function reading<T>(
  file: string,
  expected: string,
  use: (bytes: Buffer) => T | Promise<T>,
  limit?: number,
): Promise<T> {
  try {
    return await use(await readRegularFile(file, limit));
  } catch (error) {
    if (error instanceof MtlError) throw error;
    throw unreadable(file, expected, error);
  }
}

/** The error about such a file that cannot be read. */
export function unreadable(file: string, expected: string, error: unknown): MtlError {
  const found = messageOf(error)
    .trim()
    .replace(/\s*\n\s*/g, '; ');
  return badValue('SAMPLE_INVALID', { what: file, expected, found, fix: fixOf(error) }, { cause: error });
}

const fixes: Readonly<Record<string, string>> = {
  EACCES: 'let this user read it (chmod, chown)',
  EPERM: 'let this user read it (chmod, chown)',
  ELOOP: 'a symbolic link leads back to itself: point it to the file',
  EMFILE: 'raise the limit of open files (ulimit -n)',
};

/** What to do about a file that the system does not give, or that is torn. */
export function fixOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return fixes[code] ?? 'fetch or export the file again, or leave it out';
}
