import { MtlError } from '../errors.js';
import { isInterruption } from '../interruption.js';
import { ownFolder } from '../run/own-folder.js';
import { isLost } from '../run/ranks.js';
import { comparisonCsv } from './csv.js';
import type { CellOutcome, ComparisonFolder } from './folder.js';
import type { ComparisonCell, LoadedComparison } from './load.js';
import { comparisonMarkdown } from './markdown.js';
import type { ComparisonResult } from './result.js';
import { summarize } from './summarize.js';
import { comparisonTex } from './tex.js';

/** A comparison that is to be made in a folder. */
export interface Plan {
  readonly loaded: LoadedComparison;
  readonly folder: ComparisonFolder;
  /** With run folders in the place of rows. */
  readonly cells: readonly ComparisonCell[];
}

/** A comparison under way. */
export interface Work extends Plan {
  /** What came of each cell so far, as far as it is known here. */
  readonly outcomes: (CellOutcome | undefined)[];
}

/** What there is in a folder that is this process's. */
export interface Owned {
  readonly outcomes: (CellOutcome | undefined)[];
  readonly release: () => void;
}

/**
 * Makes the folder of a comparison this process's own.
 * @throws MtlError `RUN_INVALID` where another process has it, or its runs have other configs
 */
export async function own({ folder, cells }: Plan): Promise<Owned> {
  const { release } = await ownFolder(folder, true);
  try {
    folder.assertSame(cells);
    return { outcomes: cells.map((cell) => folder.outcome(cell)), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Whether nothing is left to do for a cell. */
export function isDone(outcome: CellOutcome | undefined, { spec }: LoadedComparison): boolean {
  return outcome?.state === 'done' && outcome.split === spec.split;
}

/** What there is by now. */
export function resultOf({ loaded, cells, outcomes }: Work): ComparisonResult {
  const byName = new Map(cells.map(({ name }, index) => [name, outcomes[index]]));
  return summarize(loaded, ({ name }) => {
    const outcome = byName.get(name);
    return outcome?.state === 'failed' || isDone(outcome, loaded) ? outcome : undefined;
  });
}

/** Writes what there is by now, as JSON and as tables. */
export function writeTables(work: Work): void {
  const { loaded, folder } = work;
  const result = resultOf(work);
  folder.write({ version: 1, source: loaded.source, result });
  folder.writeText('table.md', comparisonMarkdown(result));
  folder.writeText('table.csv', comparisonCsv(result));
  folder.writeText('table.tex', comparisonTex(result));
  const { axes, columns, rows, seeds } = result;
  folder.writeText('table.json', `${JSON.stringify({ axes, seeds, columns, rows }, null, 2)}\n`);
}

/**
 * The error that ends a comparison, with how it goes on where it was stopped or a rank was lost.
 * @param named the folder, as it was named
 * @param outcomes of all cells; undefined where others' are not known here
 */
export function ended(error: unknown, named: string, outcomes: Work['outcomes'] | undefined): unknown {
  if (!isInterruption(error) && !isLost(error)) return error;
  const { code, message } = error as MtlError;
  const what = isLost(error) ? message : 'Stopped and saved';
  const done = outcomes?.filter((outcome) => outcome?.state === 'done').length;
  const count = outcomes ? `, ${done} of ${outcomes.length} runs done` : '';
  return new MtlError(code, `${what}${count}; go on with: mtl compare --out ${named}`, { cause: error });
}
