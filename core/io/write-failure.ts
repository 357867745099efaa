import { messageOf, MtlError } from '../errors.js';

const fixes: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space there',
  EDQUOT: 'your share of the disk is used up: free some space there',
  EROFS: 'the disk is read-only: make it writable',
  EACCES: 'it may not be written to: give yourself the right, or run as its owner',
  EPERM: 'it may not be written to: give yourself the right, or run as its owner',
  ENOENT: 'its folder is gone: put it back',
  ENOTDIR: 'a part of its path is a file: make it a folder',
  EISDIR: 'there is a folder of that name: remove it',
};

/** An error that says what could not be written, how much, and what to do. */
export function writeFailure(file: string, bytes: number | undefined, error: unknown): MtlError {
  if (error instanceof MtlError) return error;
  const fix = fixes[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
  const size = bytes === undefined ? '' : ` (${sizeOf(bytes)})`;
  return new MtlError('RUN_INVALID', `Cannot write ${file}${size}: ${fix}`, { cause: error });
}

function sizeOf(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} bytes`;
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
