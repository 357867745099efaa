import { isAbsolute, relative, resolve, sep } from 'node:path';
import { badValue, writeAtomically } from '../../../../core/index.js';

/** A folder that an exporter writes into, and never beside. */
export class ExportFolder {
  /** @param root absolute path */
  constructor(private readonly root: string) {}

  /**
   * The absolute path of a file in it.
   * @throws MtlError `DATA_INVALID` where that would lie elsewhere
   */
  place(path: string): string {
    const place = resolve(this.root, path);
    const inside = relative(this.root, place);
    // On Windows, the way to another drive is an absolute path.
    const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    if (!isOutside && inside !== '' && !path.includes('\0')) return place;
    throw badValue('DATA_INVALID', {
      what: 'a file to be exported',
      expected: `a place in ${this.root}`,
      found: isOutside
        ? `${path}, which lies outside of it`
        : `${JSON.stringify(path)}, which is no name of a file`,
    });
  }

  /** Writes a file whole or not at all. */
  write(path: string, bytes: Uint8Array): void {
    writeAtomically(this.place(path), bytes);
  }
}

/** Number of a sample in file names, so that their order is the split's. */
export function padded(index: number, digits = 6): string {
  return String(index).padStart(digits, '0');
}
