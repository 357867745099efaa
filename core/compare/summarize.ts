import { deltaM, hasGain } from '../evaluation/index.js';
import { keyOf, type ComparisonColumn } from './columns.js';
import type { CellOutcome } from './folder.js';
import type { ComparisonCell, LoadedComparison } from './load.js';
import type { ComparisonResult, ComparisonRow, Measured } from './result.js';
import { axisNames, type RowPlan } from './rows.js';

type Outcomes = (cell: ComparisonCell) => CellOutcome | undefined;

/** Puts the cells' outcomes into rows: per seed, and over the seeds. */
export function summarize(
  { spec, rows, columns, cells }: LoadedComparison,
  outcomeOf: Outcomes,
): ComparisonResult {
  const { title, seeds, split, baseline } = spec;
  const outcomes = new Map(cells.map((cell) => [cell.name, outcomeOf(cell)]));
  const ofRow = (name: string): readonly (CellOutcome | undefined)[] =>
    cells.filter(({ row }) => row === name).map((cell) => outcomes.get(cell.name));
  const before = baseline === null ? undefined : valuesOf(ofRow(baseline), columns);
  const isIn = columns.map(
    (_, column) => before?.[column]!.every((value) => value === null || hasGain(value)) ?? false,
  );
  const measured = rows.map((row): ComparisonRow => rowOf(row, ofRow(row.name)));
  return {
    title,
    axes: axisNames(spec),
    columns,
    rows: [...measured, ...spec.published.flatMap((list) => publishedRows(list, columns, axisNames(spec)))],
    seeds,
    split,
    baseline,
    notInDeltaM: before ? columns.filter((_, column) => !isIn[column]).map(keyOf) : [],
    cells: cells.map((cell) => {
      const outcome = outcomes.get(cell.name);
      return {
        row: cell.row,
        seed: cell.seed,
        run: `runs/${cell.name}`,
        state: outcome?.state ?? 'waiting',
        reason: outcome?.state === 'failed' ? outcome.reason : null,
      };
    }),
  };

  function rowOf({ name, labels }: RowPlan, found: readonly (CellOutcome | undefined)[]): ComparisonRow {
    const values = valuesOf(found, columns);
    const done = found.find((outcome) => outcome?.state === 'done');
    return {
      name,
      labels,
      published: null,
      parameters: done?.state === 'done' ? done.parameters : null,
      metrics: values.map(overSeeds),
      deltaM: before ? overSeeds(seeds.map((_, seed) => gain(values, before, seed))) : null,
    };
  }

  /** Δm of one seed over the metrics that both rows have. */
  function gain(values: Values, reference: Values, seed: number): number | null {
    const pairs = columns.flatMap(({ higherIsBetter }, column) => {
      const [value, other] = [values[column]![seed]!, reference[column]![seed]!];
      return value !== null && other !== null && isIn[column]
        ? [{ value, baseline: other, higherIsBetter }]
        : [];
    });
    return pairs.length > 0 ? deltaM(pairs) : null;
  }
}

/** By column, then by seed. */
type Values = readonly (readonly (number | null)[])[];

function valuesOf(found: readonly (CellOutcome | undefined)[], columns: readonly ComparisonColumn[]): Values {
  return columns.map(({ task, metric }) =>
    found.map((outcome) => {
      const value = outcome?.state === 'done' ? outcome.metrics[task]?.[metric] : undefined;
      return value !== undefined && Number.isFinite(value) ? value : null;
    }),
  );
}

/** Mean and sample standard deviation of what there is. */
export function overSeeds(values: readonly (number | null)[]): Measured {
  const known = values.filter((value) => value !== null);
  const n = known.length;
  if (n === 0) return { mean: null, std: null, n, values };
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: n > 1 ? Math.sqrt(squares / (n - 1)) : null, n, values };
}

function publishedRows(
  { source, rows }: LoadedComparison['spec']['published'][number],
  columns: readonly ComparisonColumn[],
  axes: readonly string[],
): readonly ComparisonRow[] {
  const as = (mean: number | null): Measured => ({ mean, std: null, n: 0, values: [] });
  return rows.map(({ labels, parameters, values, deltaM: gain }) => ({
    name: labels.join(', '),
    labels: axes.map((_, axis) => labels[axis] ?? ''),
    published: source,
    parameters,
    metrics: columns.map((column) => as(values[keyOf(column)] ?? null)),
    deltaM: gain === null ? null : as(gain),
  }));
}
