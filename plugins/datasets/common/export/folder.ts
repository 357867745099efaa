import { relative, resolve } from 'node:path';
import { writeAtomically } from '../../../../core/index.js';

/** A folder that an exporter writes into, and never beside. */
export class ExportFolder {
  /** @param root absolute path */
  constructor(private readonly root: string) {}

  /** The absolute path of a file in it. */
  place(path: string): string {
    const place = resolve(this.root, path);
    if (relative(this.root, place).startsWith('..'))
      throw new RangeError(`${path} lies outside of ${this.root}`);
    return place;
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
