import type fc from 'fast-check';
import type { Mutation } from '../mutations.js';

/** A format of files that is read from anywhere. */
export interface Target {
  /** Good files, by the name that they are read under. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly mutation: fc.Arbitrary<Mutation>;
  /** Makes checksums right again, so that what stands behind them is read, too. */
  readonly seal?: (bytes: Buffer) => Buffer;
  /** Files to be tried. */
  readonly runs: number;
  /** MiB that reading one file may take: what the format's limits allow a file of a few kB. */
  readonly most: number;
  /** Reads a file. Whatever it throws, other than MtlError, is a finding. */
  read(file: string): Promise<void> | void;
}

/** Makes a target. @param folder to put files into, besides the one that is read */
export type TargetMaker = (folder: string) => Promise<Target> | Target;
