import type { LoadedConfig } from '../config/index.js';
import { comparisonTable, readComparison } from '../compare/index.js';
import { MtlError } from '../errors.js';
import { makeTasks } from '../run/data.js';
import { readHistory } from './history.js';
import { makePanels, type PanelsView } from './panels/index.js';
import type { ReportFrame } from './report.js';

/** What a report is to show. */
export interface ReportOptions {
  /** The run's folder. */
  readonly folder: string;
  /** The folder of a run that Δm is taken against, as both measured themselves. */
  readonly baseline?: string | undefined;
  /** The folder of a comparison whose table is to be shown. */
  readonly comparison?: string | undefined;
  /** Samples of the validation split to show pictures of; 0 = none. Default 6. */
  readonly samples?: number | undefined;
  /** Told after each sample whose pictures are being made. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** All but the pictures, which take a while. */
export function openFrame(
  loaded: LoadedConfig,
  { folder, baseline, comparison }: ReportOptions,
): Omit<ReportFrame, 'panels'> {
  const { data } = readHistory(folder).stored;
  return {
    tasks: makeTasks(loaded, data),
    baseline: baseline === undefined ? undefined : readHistory(baseline),
    comparison: comparison === undefined ? null : comparisonTable(readComparison(comparison)),
  };
}

/** Pictures, or why there are none: a run can be looked at without its data. */
export async function panelsOrReason(
  loaded: LoadedConfig,
  { folder, samples = 6, onProgress }: ReportOptions,
): Promise<PanelsView | string | null> {
  if (samples === 0) return null;
  try {
    return await makePanels(loaded, { folder, samples, onProgress });
  } catch (error) {
    if (error instanceof MtlError) return error.message;
    throw error;
  }
}
