import { badValue, messageOf, MtlError, readRegularFile } from '../../../core/index.js';

/**
 * Reads a sample's file, and says which one it was where that, or making use of it, fails.
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

/** The error about a sample's file that cannot be read. */
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
  return fixes[code] ?? 'fetch or export the file again, or leave its sample out of the splits';
}

/** Names or rows of some million samples. */
const longestList = 256 * 2 ** 20;

/**
 * A text file that says something of many samples.
 * @param what the option that names it
 * @throws MtlError `DATA_INVALID`
 */
export async function readList(file: string, what: string, fix?: string): Promise<string> {
  try {
    return (await readRegularFile(file, longestList)).toString('utf8');
  } catch (error) {
    throw badValue(
      'DATA_INVALID',
      { what, expected: `a readable file ${file}`, found: messageOf(error), ...(fix ? { fix } : {}) },
      { cause: error },
    );
  }
}
