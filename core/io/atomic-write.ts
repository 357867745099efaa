import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file so that it is either the old one or the whole new one, whenever the process is killed: beside it,
 * flushed to the disk, then renamed into place.
 * @param content in one piece, or in several that are written one after the other
 * @param ready called when all is on the disk, before the new file takes the old one's place
 */
export function writeAtomically(
  file: string,
  content: string | Uint8Array | readonly Uint8Array[],
  ready?: () => void,
): void {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFlushed(beside, typeof content === 'string' ? [Buffer.from(content)] : pieces(content));
    ready?.();
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
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
