import type { LoadedConfig } from '../config/index.js';
import { badValue, messageOf, MtlError } from '../errors.js';
import { interruption, isInterruption } from '../interruption.js';
import type { Plugin } from '../registry/index.js';
import { evaluateRun } from '../run/evaluate-run.js';
import { ownFolder } from '../run/own-folder.js';
import { train } from '../run/train.js';
import type { TrainingEvent } from '../training/events.js';
import { ComparisonFolder, type CellOutcome } from './folder.js';
import { loadComparison, type ComparisonCell, type LoadedComparison } from './load.js';
import type { ComparisonResult } from './result.js';
import { missingRun, withRuns } from './row-runs.js';
import { summarize } from './summarize.js';
import { comparisonCsv } from './csv.js';
import { comparisonMarkdown } from './markdown.js';
import { comparisonTex } from './tex.js';

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
  | { readonly type: 'outcome'; readonly cell: ComparisonCell; readonly outcome: CellOutcome };

/** Where a comparison writes, and how it is followed and stopped. */
export interface CompareOptions {
  /** The comparison's folder: new, or an earlier one's, which then goes on where it stopped. */
  readonly folder: string;
  /** Told as the comparison goes on, the cells' trainings included. */
  readonly onEvent?: (event: ComparisonEvent) => void;
  /** Aborting it finishes the step under way, saves and stops. */
  readonly signal?: AbortSignal;
}

/**
 * Trains and measures the cells of a comparison one after the other, each in a run folder of its own, and writes the
 * tables after each. Cells that are done are passed over, one that was cut off goes on; a cell that fails is written
 * down with its reason and tried again the next time.
 * @throws MtlError `RUN_INVALID` where the folder's runs have other configs; `INTERRUPTED` after it was stopped and saved.
 */
export async function compare(loaded: LoadedComparison, options: CompareOptions): Promise<ComparisonResult> {
  const folder = new ComparisonFolder(options.folder);
  const { release } = await ownFolder(folder, true);
  const cells = loaded.cells.map((cell) => withRuns(cell, folder));
  try {
    folder.assertSame(cells);
    let result = write(folder, loaded);
    for (const [index, cell] of cells.entries()) {
      const { split } = loaded.spec;
      const known = folder.outcome(cell);
      const done = known?.state === 'done' && known.split === split;
      options.onEvent?.({ type: 'cell', cell, index, of: cells.length, done });
      if (done) continue;
      if (options.signal?.aborted) throw interruption();
      const missing = missingRun(cell, cells, folder);
      const outcome: CellOutcome =
        missing === undefined
          ? await runCell(cell, known, { ...options, run: folder.run(cell), split })
          : { state: 'failed', code: 'RUN_INVALID', reason: missing };
      folder.writeOutcome(cell, outcome);
      options.onEvent?.({ type: 'outcome', cell, outcome });
      result = write(folder, loaded);
    }
    return result;
  } catch (error) {
    throw isInterruption(error) ? stopped(folder, loaded, options.folder) : error;
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

interface CellOptions extends CompareOptions {
  readonly run: string;
  readonly split: 'val' | 'test';
}

/** Trains a cell, or goes on with it, and measures its best model. */
async function runCell(
  cell: ComparisonCell,
  known: CellOutcome | undefined,
  { run, split, signal, onEvent }: CellOptions,
): Promise<CellOutcome> {
  const { loaded } = cell;
  try {
    if (known?.state === 'done') return { ...known, split, metrics: await measure(loaded, run, split) };
    let parameters: number | undefined;
    const { metrics } = await train(loaded, {
      folder: run,
      resume: true,
      ...(signal ? { signal } : {}),
      onEvent(event) {
        if (event.type === 'start') parameters = event.parameters;
        onEvent?.({ type: 'training', cell, event });
      },
    });
    if (parameters === undefined) {
      throw badValue('RUN_INVALID', { what: run, expected: 'a training that starts', found: 'none' });
    }
    return {
      state: 'done',
      split,
      metrics: split === 'val' ? metrics : await measure(loaded, run, split),
      parameters,
    };
  } catch (error) {
    if (isInterruption(error)) throw error;
    return { state: 'failed', code: error instanceof MtlError ? error.code : null, reason: messageOf(error) };
  }
}

async function measure(loaded: LoadedConfig, folder: string, split: 'val' | 'test'): Promise<CellMetrics> {
  return (await evaluateRun(loaded, { folder, split })).metrics;
}

type CellMetrics = Extract<CellOutcome, { state: 'done' }>['metrics'];

/** What there is by now, as JSON and as tables. */
function write(folder: ComparisonFolder, loaded: LoadedComparison): ComparisonResult {
  const result = summarize(loaded, (cell) => {
    const outcome = folder.outcome(cell);
    return outcome?.state === 'done' && outcome.split !== loaded.spec.split ? undefined : outcome;
  });
  folder.write({ version: 1, source: loaded.source, result });
  folder.writeText('table.md', comparisonMarkdown(result));
  folder.writeText('table.csv', comparisonCsv(result));
  folder.writeText('table.tex', comparisonTex(result));
  const { axes, columns, rows, seeds } = result;
  folder.writeText('table.json', `${JSON.stringify({ axes, seeds, columns, rows }, null, 2)}\n`);
  return result;
}

function stopped(folder: ComparisonFolder, { cells }: LoadedComparison, named: string): MtlError {
  const done = cells.filter((cell) => folder.outcome(cell)?.state === 'done').length;
  return new MtlError(
    'INTERRUPTED',
    `Stopped and saved, ${done} of ${cells.length} runs done; go on with: mtl compare --out ${named}`,
  );
}
