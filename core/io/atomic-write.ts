import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFailure } from './write-failure.js';

/**
 * Writes a file so that it is either the old one or the whole new one, whenever the process is killed: beside it,
 * flushed to the disk, then renamed into place.
 * @param content in one piece, or in several that are written one after the other
 * @param ready called when all is on the disk, before the new file takes the old one's place
 * @throws MtlError `RUN_INVALID` that says what could not be written, how much, and what to do
 */
export function writeAtomically(
  file: string,
  content: string | Uint8Array | readonly Uint8Array[],
  ready?: () => void,
): void {
  const beside = `${file}.${process.pid}.tmp`;
  const contents = typeof content === 'string' ? [Buffer.from(content)] : pieces(content);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFlushed(beside, contents);
    ready?.();
    renameSync(beside, file);
  } catch (error) {
    remove(beside);
    const bytes = contents.reduce((sum, { length }) => sum + length, 0);
    throw writeFailure(file, bytes, error);
  }
}

/** Where nothing can be written, nothing may be removed either: the first error is the one to tell. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It stays; the next start of the run removes it.
  }
}

function pieces(content: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return content instanceof Uint8Array ? [content] : content;
}

function writeFlushed(file: string, contents: readonly Uint8Array[]): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const bytes of contents) {
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
