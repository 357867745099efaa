import type { LoadedConfig } from '../config/index.js';
import { badValue, MtlError, show } from '../errors.js';
import { isGroup } from '../group.js';
import { didYouMean } from '../text.js';
import type { ComparisonFolder } from './folder.js';
import type { ComparisonCell } from './load.js';
import { cellName, type RowPlan } from './rows.js';
import type { Work } from './work.js';

/** `row:NAME` where a config has the folder of a run: that row's run with the same seed. */
const reference = /^row:(.+)$/s;

/** A row and the rows whose runs its config takes. */
export interface PlannedRow {
  readonly row: Pick<RowPlan, 'name'>;
  readonly loaded: LoadedConfig;
  readonly takes: readonly string[];
}

/** The rows whose runs a config takes, wherever in it. */
export function rowsTakenBy(config: unknown): readonly string[] {
  const found = new Set<string>();
  mapTexts(config, (text) => {
    const name = reference.exec(text)?.[1];
    if (name !== undefined) found.add(name);
    return text;
  });
  return [...found];
}

/** A cell whose config has run folders in the place of rows. */
export function withRuns(cell: ComparisonCell, folder: ComparisonFolder): ComparisonCell {
  if (cell.takes.length === 0) return cell;
  const config = mapTexts(cell.loaded.config, (text) => {
    const name = reference.exec(text)?.[1];
    return name === undefined ? text : folder.run({ name: cellName(name, cell.seed) });
  }) as LoadedConfig['config'];
  return { ...cell, loaded: { ...cell.loaded, config } };
}

/**
 * Rows after those whose runs they take, otherwise as they were.
 * @throws MtlError `CONFIG_INVALID` where one takes the run of no row, or in the end its own
 */
export function inOrder<T extends PlannedRow>(rows: readonly T[], what: string): readonly T[] {
  const byName = new Map(rows.map((each) => [each.row.name, each]));
  const done = new Set<T>();
  const visit = (each: T, trail: readonly string[]): void => {
    if (done.has(each)) return;
    const { name } = each.row;
    const path = [...trail, name];
    if (trail.includes(name)) {
      throw new MtlError(
        'CONFIG_INVALID',
        `rows in ${what}: ${path.join(' takes the run of ')} goes round in a circle`,
      );
    }
    for (const taken of each.takes)
      visit(byName.get(taken) ?? unknown(taken, name, [...byName.keys()], what), path);
    done.add(each);
  };
  for (const each of rows) visit(each, []);
  return [...done];
}

/** The places of the cells whose runs a cell takes. */
export function cellsTakenBy(
  { takes, seed }: ComparisonCell,
  all: readonly ComparisonCell[],
): readonly number[] {
  return takes.map((row) => all.findIndex((other) => other.row === row && other.seed === seed));
}

/**
 * Why a cell cannot be trained yet: a run that it takes is not done.
 * @param work all cells of the comparison, and what came of them
 */
export function missingRun(
  cell: ComparisonCell,
  { cells, outcomes }: Pick<Work, 'cells' | 'outcomes'>,
): string | undefined {
  for (const index of cellsTakenBy(cell, cells)) {
    const outcome = outcomes[index];
    if (outcome?.state === 'done') continue;
    const { row, seed } = cells[index]!;
    return `it takes the run of "${row}", seed ${seed}, which ${outcome ? `failed: ${outcome.reason}` : 'is not done'}`;
  }
  return undefined;
}

function unknown(taken: string, by: string, names: readonly string[], what: string): never {
  const fix = didYouMean(taken, names);
  throw badValue('CONFIG_INVALID', {
    what: `row "${by}" of ${what}`,
    expected: `row:NAME with one of the rows ${names.join('; ')}`,
    found: show(`row:${taken}`),
    ...(fix ? { fix } : {}),
  });
}

/** JSON with each text replaced by another. */
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (!isGroup(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, map)]));
}
