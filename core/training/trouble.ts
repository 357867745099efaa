import type { HostBatch } from '../data/index.js';
import type { NotFiniteError } from './not-finite.js';

/** The step that ended a run, since something in it was no number. */
export interface Trouble {
  readonly error: NotFiniteError;
  readonly batch: HostBatch;
  readonly learningRate: number;
  /** From 0. */
  readonly epoch: number;
  /** Counted from 1 over the whole run. */
  readonly step: number;
  readonly seed: number;
}
