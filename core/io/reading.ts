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
  return naming(file, expected, async () => use(await readRegularFile(file, limit)));
}

/** Room for a file, where nobody uses it. */
const idle: Buffer[] = [];
/** Room of more bytes is not kept. */
const mostKept = 16 * 2 ** 20;

/**
 * `reading` a picture, whose bytes are there until the promise of `use` is settled: the room that they stand in is used again,
 * since large buffers that come and go make the garbage collector run.
 * @throws MtlError `SAMPLE_INVALID`
 */
export async function readingPicture<T>(file: string, use: (bytes: Buffer) => T | Promise<T>): Promise<T> {
  let room: Buffer | undefined;
  const allocate = (bytes: number): Buffer => {
    const kept = idle.pop();
    // A little more than asked for: the next picture is about as large.
    room = kept && kept.length >= bytes ? kept : Buffer.allocUnsafeSlow(Math.ceil(bytes * 1.25));
    return room.subarray(0, bytes);
  };
  try {
    return await naming(file, 'a readable picture', async () =>
      use(await readRegularFile(file, undefined, allocate)),
    );
  } finally {
    if (room && room.length <= mostKept) idle.push(room);
  }
}

async function naming<T>(file: string, expected: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
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
