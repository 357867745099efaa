import { join, resolve } from 'node:path';
import { badValue, messageOf } from '../errors.js';
import { readRegularFileSync } from '../io/read-file.js';

/** A comparison as a page shows it. */
export interface ComparisonView {
  readonly title: string | null;
  readonly columns: readonly {
    /** The task of a metric; empty otherwise. */
    readonly group: string;
    readonly label: string;
    readonly better: 'higher' | 'lower' | null;
    readonly unit: string;
  }[];
  /** How many columns of labels come first. */
  readonly labels: number;
  readonly rows: readonly {
    readonly cells: readonly string[];
    /** By cell, whether it is the best of the measured rows. */
    readonly best: readonly boolean[];
    /** Where a row of others comes from; null for a measured one. */
    readonly published: string | null;
  }[];
  readonly notes: readonly string[];
}

/** @throws MtlError `RUN_INVALID` where it is no comparison's folder */
export function readComparisonView(folder: string): ComparisonView {
  const file = join(resolve(folder), 'comparison.json');
  try {
    return JSON.parse(readRegularFileSync(file).toString('utf8')) as ComparisonView;
  } catch (error) {
    throw badValue('RUN_INVALID', { what: '--comparison', expected: 'x', found: messageOf(error) });
  }
}
