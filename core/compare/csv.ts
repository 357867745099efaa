import { keyOf } from './columns.js';
import type { ComparisonResult, Measured } from './result.js';

/**
 * A comparison as comma-separated values (RFC 4180), a line a row: labels, source of a published row, parameters, and
 * of each metric and Δm mean, standard deviation and number of seeds. Numbers are whole and in the metric's own unit.
 */
export function comparisonCsv({ axes, columns, rows, baseline }: ComparisonResult): string {
  const measures = [...columns.map(keyOf), ...(baseline === null ? [] : ['deltaM'])];
  const head = [
    ...axes,
    'published',
    'parameters',
    ...measures.flatMap((name) => [name, `${name}.std`, `${name}.n`]),
  ];
  const lines = rows.map((row) => [
    ...row.labels,
    row.published,
    row.parameters,
    ...[...row.metrics, ...(baseline === null ? [] : [row.deltaM])].flatMap((value) =>
      fields(value, row.published),
    ),
  ]);
  return [head, ...lines].map((line) => `${line.map(quote).join(',')}\r\n`).join('');
}

function fields(value: Measured | null, published: string | null): readonly (number | null)[] {
  return value === null ? [null, null, null] : [value.mean, value.std, published === null ? value.n : null];
}

function quote(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
