import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as buffers } from 'node:buffer';

/** Node reads no more by one call. */
const longestRead = 2 ** 30;

/** The most bytes that the file of one sample, or a list of samples, may have: 2 GiB, as far as Node reads a file whole. */
export const longestSampleFile = 2 ** 31 - 1;

/** Without waiting: opening a named pipe would else hang until someone writes to it. */
const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * The bytes of a regular file, as many as it has when it is opened. Folders, pipes, sockets and devices are refused:
 * they have no size, so that reading them may never end.
 * @param limit bytes that it may have at most
 * @param allocate gives room for so many
 * @throws Error whose message completes "found …"
 */
export async function readRegularFile(
  file: string,
  limit = longestSampleFile,
  allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafeSlow(bytes),
): Promise<Buffer> {
  const handle = await open(file, withoutWaiting);
  try {
    const bytes = allocate(sizeOf(await handle.stat(), limit));
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(bytes.length - at, longestRead), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await handle.close();
  }
}

/** `readRegularFile` at once; files of weights may be as large as a buffer can be. */
export function readRegularFileSync(file: string, limit = buffers.MAX_LENGTH): Buffer {
  const descriptor = openSync(file, withoutWaiting);
  try {
    const bytes = Buffer.allocUnsafeSlow(sizeOf(fstatSync(descriptor), limit));
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(descriptor, bytes, at, Math.min(bytes.length - at, longestRead), at);
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Whether what is there can be read as a file.
 * @throws Error whose message completes "found …"
 */
export function checkRegularFile(entry: Stats, limit = Infinity): void {
  if (!entry.isFile()) throw new Error(`${kindOf(entry)}, not a regular file`);
  if (entry.size > limit) throw new Error(`${entry.size} bytes, more than the ${limit} that can be read`);
}

function sizeOf(entry: Stats, limit: number): number {
  checkRegularFile(entry, limit);
  return entry.size;
}

function kindOf(entry: Stats): string {
  if (entry.isDirectory()) return 'a folder';
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSocket()) return 'a socket';
  return 'a device';
}
