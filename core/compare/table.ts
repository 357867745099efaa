import type { ComparisonColumn } from './columns.js';
import type { ComparisonResult, ComparisonRow, Measured } from './result.js';

/** A column of a table in text. */
export interface TableColumn {
  /** The task of a metric; empty otherwise. */
  readonly group: string;
  readonly label: string;
  /** Null where nothing is better: labels, numbers of parameters. */
  readonly better: 'higher' | 'lower' | null;
  /** `%`, or empty. */
  readonly unit: string;
}

/** One row of a table, in words. */
export interface TableRow {
  readonly cells: readonly string[];
  /** Per cell, whether it is the best of the measured rows. */
  readonly best: readonly boolean[];
  /** See `ComparisonRow`. */
  readonly published: string | null;
}

/** A comparison in text, for any form of table. */
export interface ComparisonTable {
  readonly title: string | null;
  readonly columns: readonly TableColumn[];
  /** How many columns of labels come first; the rest are numbers. */
  readonly labels: number;
  readonly rows: readonly TableRow[];
  /** What a reader must know, a sentence each. */
  readonly notes: readonly string[];
}

/** The note of tables that can show it. */
export const bestInBold = 'The best of the measured rows is in bold.';

/** What stands where there is no number. */
const nothing = '–';

/** A comparison's rows as texts: labels, parameters, the metrics as mean ± standard deviation, Δm. */
export function comparisonTable(result: ComparisonResult): ComparisonTable {
  const { title, axes, columns, rows, seeds, baseline } = result;
  const gains = baseline === null ? [] : [gainColumn];
  const shown = [...columns, ...gains];
  const measured = (row: ComparisonRow): readonly (Measured | null)[] => [
    ...row.metrics,
    ...gains.map(() => row.deltaM),
  ];
  const best = shown.map((column, index) => bestOf(rows, column, (row) => measured(row)[index]));
  return {
    title,
    labels: axes.length,
    columns: [
      ...axes.map((label): TableColumn => ({ group: '', label, better: null, unit: '' })),
      { group: '', label: '#P', better: null, unit: '' },
      ...shown.map(({ task, label, higherIsBetter, percent }) => ({
        group: task,
        label,
        better: higherIsBetter ? ('higher' as const) : ('lower' as const),
        unit: percent || task === '' ? '%' : '',
      })),
    ],
    rows: rows.map((row) => ({
      cells: [
        ...labelsOf(row),
        row.parameters?.toLocaleString('en') ?? nothing,
        ...measured(row).map((value, index) => numberText(value, shown[index]!, row, seeds.length)),
      ],
      best: [
        ...axes.map(() => false),
        false,
        ...measured(row).map((value, index) => row.published === null && best[index] === value?.mean),
      ],
      published: row.published,
    })),
    notes: notesOf(result),
  };
}

/** Δm is in percent already. */
const gainColumn: ComparisonColumn = {
  task: '',
  metric: 'deltaM',
  label: 'Δm',
  higherIsBetter: true,
  percent: false,
};

/** Its title in one line, e.g. `segmentation mIoU ↑ %`. */
export function columnTitle({ group, label, better, unit }: TableColumn): string {
  const arrow = better === null ? '' : better === 'higher' ? '↑' : '↓';
  return [group, label, arrow, unit].filter((part) => part !== '').join(' ');
}

function labelsOf({ labels, published }: ComparisonRow): readonly string[] {
  const texts = labels.map((label) => label || nothing);
  return published === null ? texts : [`${texts[0]} (${published})`, ...texts.slice(1)];
}

/** The best mean of the measured rows; undefined where there is nothing to compare. */
function bestOf(
  rows: readonly ComparisonRow[],
  { higherIsBetter }: ComparisonColumn,
  pick: (row: ComparisonRow) => Measured | null | undefined,
): number | undefined {
  const means = rows.flatMap((row) => (row.published === null ? (pick(row)?.mean ?? []) : []));
  if (new Set(means).size < 2) return undefined;
  return higherIsBetter ? Math.max(...means) : Math.min(...means);
}

function numberText(
  value: Measured | null,
  { task, percent }: ComparisonColumn,
  { published }: ComparisonRow,
  seeds: number,
): string {
  if (value === null || value.mean === null) return nothing;
  const scale = percent ? 100 : 1;
  const mean = scale * value.mean;
  // What was published has the digits that it has.
  if (published !== null && !percent && task !== '') return String(value.mean);
  const digits = percent || task === '' ? 2 : digitsFor(mean);
  const spread = value.std === null ? '' : ` ± ${(scale * value.std).toFixed(digits)}`;
  const missing = published === null && value.n < seeds ? ` (n = ${value.n})` : '';
  return `${mean.toFixed(digits)}${spread}${missing}`;
}

/** Digits after the point that make four in all. */
function digitsFor(value: number): number {
  if (value === 0) return 3;
  return Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value)))));
}

function notesOf({ seeds, split, baseline, notInDeltaM, rows, cells }: ComparisonResult): readonly string[] {
  const over =
    seeds.length > 1
      ? `mean ± sample standard deviation over the seeds ${seeds.join(', ')}`
      : `seed ${seeds[0]}`;
  const without = notInDeltaM.length > 0 ? `, without ${notInDeltaM.join(', ')}: the baseline’s is 0` : '';
  const sources = [...new Set(rows.flatMap(({ published }) => published ?? []))];
  const waiting = cells.filter(({ state }) => state === 'waiting').length;
  return [
    `Best models on the ${split} split, ${over}.`,
    ...(baseline === null
      ? []
      : [`Δm: mean relative gain over ${baseline} of the same seed, over the metrics shown${without}.`]),
    ...(sources.length > 0
      ? [`Published elsewhere, not measured here: ${sources.map((each) => `“${each}”`).join(', ')}.`]
      : []),
    ...cells.flatMap(({ row, seed, reason }) =>
      reason === null ? [] : [`Failed: ${row}, seed ${seed}: ${reason.split('\n', 1)[0]}`],
    ),
    ...(waiting > 0 ? [`${waiting} of ${cells.length} runs are still to be done.`] : []),
  ];
}
