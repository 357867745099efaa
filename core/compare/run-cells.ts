import type { LoadedConfig } from '../config/index.js';
import { badValue } from '../errors.js';
import { isInterruption } from '../interruption.js';
import { evaluateRun } from '../run/evaluate-run.js';
import { isLost } from '../run/ranks.js';
import { train } from '../run/train.js';
import type { CompareOptions } from './compare.js';
import { failureOf } from './failure.js';
import type { CellOutcome } from './folder.js';
import { cellsTakenBy, missingRun } from './row-runs.js';
import type { Turns } from './turns.js';
import { isDone, writeTables, type Work } from './work.js';

/** How it goes on is told, and it is stopped. */
type Following = Pick<CompareOptions, 'onEvent' | 'signal'>;

/**
 * Trains and measures the cells that are this process's, one after the other, and writes the tables after each.
 * @throws MtlError `INTERRUPTED`, `RANK_LOST`
 */
export async function runCells(work: Work, options: Following, turns: Turns): Promise<void> {
  const { loaded, folder, cells, outcomes } = work;
  const before = [...outcomes];
  if (turns.writes) writeTables(work);
  for (const [index, cell] of cells.entries()) {
    const known = before[index];
    const done = isDone(known, loaded);
    if (!done && !(await turns.take(index))) continue;
    options.onEvent?.({ type: 'cell', cell, index, of: cells.length, done });
    if (done) continue;
    for (const [other, outcome] of await turns.wait(cellsTakenBy(cell, cells))) outcomes[other] = outcome;
    const missing = missingRun(cell, work);
    const outcome: CellOutcome =
      missing === undefined
        ? await runCell(work, { index, known, ...options }, turns)
        : { state: 'failed', code: 'RUN_INVALID', reason: missing };
    folder.writeOutcome(cell, outcome);
    outcomes[index] = outcome;
    await turns.tell([index, outcome]);
    options.onEvent?.({ type: 'outcome', cell, outcome });
    await takeNews(work, options, turns);
    if (turns.writes) writeTables(work);
  }
}

/**
 * Takes in what came of others' cells since.
 * @returns whether there was something
 */
export async function takeNews(work: Work, { onEvent }: Following, turns: Turns): Promise<boolean> {
  const news = await turns.news();
  for (const [index, outcome] of news) {
    work.outcomes[index] = outcome;
    onEvent?.({ type: 'outcome', cell: work.cells[index]!, outcome, elsewhere: true });
  }
  return news.length > 0;
}

interface CellOptions extends Following {
  readonly index: number;
  /** What came of it before. */
  readonly known: CellOutcome | undefined;
}

/** Trains a cell, or goes on with it, and measures its best model. */
async function runCell(
  { loaded: { spec }, folder, cells }: Work,
  { index, known, signal, onEvent }: CellOptions,
  turns: Turns,
): Promise<CellOutcome> {
  const cell = cells[index]!;
  const { loaded } = cell;
  const { split } = spec;
  const run = folder.run(cell);
  try {
    if (known?.state === 'done') return { ...known, split, metrics: await measure(loaded, run, split) };
    let parameters: number | undefined;
    const { metrics } = await turns.train(index, () =>
      train(loaded, {
        folder: run,
        resume: true,
        ...(signal ? { signal } : {}),
        onEvent(event) {
          if (event.type === 'start') parameters = event.parameters;
          onEvent?.({ type: 'training', cell, event });
        },
      }),
    );
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
    if (isInterruption(error) || isLost(error)) throw error;
    return { state: 'failed', ...failureOf(error) };
  }
}

async function measure(loaded: LoadedConfig, folder: string, split: 'val' | 'test'): Promise<CellMetrics> {
  return (await evaluateRun(loaded, { folder, split })).metrics;
}

type CellMetrics = Extract<CellOutcome, { state: 'done' }>['metrics'];
