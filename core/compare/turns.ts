import { interruption } from '../interruption.js';
import type { CellOutcome } from './folder.js';

/** What came of a cell, by its place in the comparison. */
export type Outcome = readonly [index: number, outcome: CellOutcome];

/** Whose turn each cell is, and how it is trained: by this process alone, or by one of several groups of ranks. */
export interface Turns {
  /** Whether this process writes the tables. */
  readonly writes: boolean;
  /**
   * Whether a cell is this process's to do. All that are not done are asked for, in their order.
   * @throws MtlError `INTERRUPTED`, `RANK_LOST`
   */
  take(index: number): Promise<boolean>;
  /**
   * Waits for what comes of cells before the one that was taken.
   * @returns those of which something came
   * @throws MtlError `INTERRUPTED`, `RANK_LOST`
   */
  wait(indices: readonly number[]): Promise<readonly Outcome[]>;
  /** Trains a cell that was taken. */
  train<T>(index: number, run: () => Promise<T>): Promise<T>;
  /** Tells the others what came of it. */
  tell(outcome: Outcome): Promise<void>;
  /** What came of others' cells since this was asked for the last time; where this process writes the tables. */
  news(): Promise<readonly Outcome[]>;
}

/** A process that does all cells itself. */
export function alone(signal: AbortSignal | undefined): Turns {
  return {
    writes: true,
    take: () => (signal?.aborted ? Promise.reject(interruption()) : Promise.resolve(true)),
    wait: () => Promise.resolve([]),
    train: (_, run) => run(),
    tell: () => Promise.resolve(),
    news: () => Promise.resolve([]),
  };
}
