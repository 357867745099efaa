import type { ComparisonColumn } from './columns.js';

/** A number over seeds. */
export interface Measured {
  /** Null where no seed has a value. */
  readonly mean: number | null;
  /** Sample standard deviation (n − 1); null for fewer than two values. */
  readonly std: number | null;
  /** Seeds that have a value. */
  readonly n: number;
  /** By seed, in the comparison's order; null where the cell is not done, failed, or lacks the metric. */
  readonly values: readonly (number | null)[];
}

/** A row of the table: of our runs, or as someone published it. */
export interface ComparisonRow {
  readonly name: string;
  /** One per axis; empty where an axis does not apply. */
  readonly labels: readonly string[];
  /** Where a row of others comes from, e.g. `paper, Cityscapes`; null for a measured one. */
  readonly published: string | null;
  /** Trainable parameters; null where not known. */
  readonly parameters: number | null;
  /** One per column, in the metric's own unit. A published one has no values by seed, and n = 0. */
  readonly metrics: readonly Measured[];
  /** Percent against the baseline of the same seed; null without a baseline. */
  readonly deltaM: Measured | null;
}

/** How one run of a comparison stands. */
export interface CellState {
  readonly row: string;
  readonly seed: number;
  /** Its run folder, from the comparison's folder on. */
  readonly run: string;
  readonly state: 'waiting' | 'done' | 'failed';
  /** Why it failed; null otherwise. */
  readonly reason: string | null;
}

/** What a comparison found, as far as it is done. Plain JSON. */
export interface ComparisonResult {
  readonly title: string | null;
  /** Names of the columns of labels. */
  readonly axes: readonly string[];
  readonly columns: readonly ComparisonColumn[];
  /** Measured rows, then published ones. */
  readonly rows: readonly ComparisonRow[];
  readonly seeds: readonly number[];
  readonly split: 'val' | 'test';
  /** Name of the row that Δm is taken against. */
  readonly baseline: string | null;
  /** Metrics that Δm leaves out, `TASK.METRIC`: the baseline's is 0 for some seed. */
  readonly notInDeltaM: readonly string[];
  readonly cells: readonly CellState[];
}
