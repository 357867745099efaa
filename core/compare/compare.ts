import { badValue } from '../errors.js';
import type { Plugin } from '../registry/index.js';
import type { TrainingEvent } from '../training/events.js';
import type { Launch } from '../world/launch.js';
import { ComparisonFolder, type CellOutcome } from './folder.js';
import { compareInGroups } from './in-groups.js';
import { loadComparison, type ComparisonCell, type LoadedComparison } from './load.js';
import type { ComparisonResult } from './result.js';
import { withRuns } from './row-runs.js';
import { runCells } from './run-cells.js';
import { alone } from './turns.js';
import { ended, own, resultOf } from './work.js';

/** What a comparison tells while it goes on. `index` counts from 0, `of` is the number of all cells. */
export type ComparisonEvent =
  | {
      /** A cell begins, or is passed over since it was done before. */
      readonly type: 'cell';
      readonly cell: ComparisonCell;
      readonly index: number;
      readonly of: number;
      readonly done: boolean;
    }
  | { readonly type: 'training'; readonly cell: ComparisonCell; readonly event: TrainingEvent }
  | {
      readonly type: 'outcome';
      readonly cell: ComparisonCell;
      readonly outcome: CellOutcome;
      /** Whether another group of ranks has trained it. */
      readonly elsewhere?: boolean;
    };

/** Where a comparison writes, and how it is followed and stopped. */
export interface CompareOptions {
  /** The comparison's folder: new, or an earlier one's, which then goes on where it stopped. */
  readonly folder: string;
  /** Told as the comparison goes on, the cells' trainings included. */
  readonly onEvent?: (event: ComparisonEvent) => void;
  /** Aborting it finishes the step under way, saves and stops. */
  readonly signal?: AbortSignal;
  /** Which of several ranks this process is, see `worldFromEnvironment`; absent = it trains all cells itself. */
  readonly launch?: Launch | undefined;
  /** With `launch`: how many consecutive ranks train a cell together, a divisor of their number; default 1. */
  readonly group?: number | undefined;
}

/**
 * Trains and measures the cells of a comparison, each in a run folder of its own, and writes the tables after each. Cells
 * that are done are passed over, one that was cut off goes on; a cell that fails is written down with its reason and tried
 * again the next time. Alone, one cell is trained after the other. Of several ranks (`launch`), each group of `group` takes
 * the next cell that none has taken; rank 0 alone tells how it goes on and has a whole result, and a group of which a rank
 * is lost leaves its cell to the next time.
 * @throws MtlError `RUN_INVALID` where the folder's runs have other configs; `INTERRUPTED` after it was stopped and saved;
 * `CONFIG_INVALID` where ranks cannot share out the cells so, `WORLD_UNREACHABLE`, `RANK_LOST`
 */
export async function compare(loaded: LoadedComparison, options: CompareOptions): Promise<ComparisonResult> {
  const folder = new ComparisonFolder(options.folder);
  const plan = { loaded, folder, cells: loaded.cells.map((cell) => withRuns(cell, folder)) };
  const { launch, group, signal } = options;
  if (launch) return compareInGroups(plan, { ...options, launch });
  if (group !== undefined) {
    throw badValue('CONFIG_INVALID', {
      what: '--group',
      expected: 'several ranks to make groups of',
      found: 'one process',
      fix: 'start them with --nproc or a launcher',
    });
  }
  const { outcomes, release } = await own(plan);
  const work = { ...plan, outcomes };
  try {
    await runCells(work, options, alone(signal));
    return resultOf(work);
  } catch (error) {
    throw ended(error, options.folder, outcomes);
  } finally {
    release();
  }
}

/**
 * The comparison that a folder was made with, to go on with it.
 * @param plugins that need not be named
 * @throws MtlError `RUN_INVALID` where it is no comparison's folder
 */
export async function loadStoredComparison(
  folder: string,
  plugins: readonly Plugin[],
): Promise<LoadedComparison> {
  const { file, baseFolder, comparison, overrides } = new ComparisonFolder(folder).read().source;
  const loaded = await loadComparison({ plugins, folder: baseFolder, comparison, overrides });
  return { ...loaded, source: { ...loaded.source, file } };
}

/**
 * What a comparison found so far.
 * @throws MtlError `RUN_INVALID` where it is no comparison's folder
 */
export function readComparison(folder: string): ComparisonResult {
  return new ComparisonFolder(folder).read().result;
}
