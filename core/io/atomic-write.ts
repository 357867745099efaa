import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFailure } from './write-failure.js';

/**
 * Writes a file so that it is either the old one or the whole new one, whenever the process is killed: beside it,
 * flushed to the disk, then renamed into place.
 * @throws MtlError `RUN_INVALID` that says what could not be written, how much, and what to do
 */
export function writeAtomically(file: string, content: string | Uint8Array): void {
  const beside = `${file}.${process.pid}.tmp`;
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFlushed(beside, bytes);
    renameSync(beside, file);
  } catch (error) {
    remove(beside);
    throw writeFailure(file, bytes.length, error);
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

function writeFlushed(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'w');
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
