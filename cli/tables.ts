import Table from 'cli-table3';
import type { ModelSummary, PartListing, RunResult } from '../core/index.js';

/**
 * @param right columns of numbers
 * @param broken widths of columns whose texts go on in a next line
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  broken: Readonly<Record<number, number>> = {},
): string {
  const made = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    colWidths: head.map((_, column) => broken[column] ?? null),
    wordWrap: true,
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/** A model's metrics beside the trivial predictors'. */
export function resultTable({ metrics, baselines }: RunResult): string {
  const rows = Object.entries(metrics).flatMap(([task, values]) =>
    Object.entries(values).map(([name, value]) => {
      const { predictor, metrics: trivial } = baselines[task]!;
      const bar = trivial[name];
      return [task, name, value.toPrecision(4), bar === undefined ? '–' : bar.toPrecision(4), predictor];
    }),
  );
  return textTable(['task', 'metric', 'model', 'trivial', 'trivial predictor'], rows, [2, 3]);
}

/** Parts, or all layers, with parameters and multiply-accumulates. */
export function summaryTable({ parts, parameters, macs }: ModelSummary, layers: boolean): string {
  const count = (value: number): string => value.toLocaleString('en');
  const billions = (value: number): string => `${(value / 1e9).toFixed(2)} G`;
  const rows = parts.flatMap((part) => [
    [part.name, '', '', count(part.parameters), billions(part.macs)],
    ...(layers ? part.layers : []).map((layer) => [
      `  ${layer.name}`,
      layer.type,
      layer.output.join('×'),
      count(layer.parameters),
      billions(layer.macs),
    ]),
  ]);
  rows.push(['total', '', '', count(parameters), billions(macs)]);
  const shown = layers ? rows : rows.map(([name, , , ...counts]) => [name!, ...counts]);
  const head = layers ? ['part', 'layer', 'output', 'parameters', 'MACs'] : ['part', 'parameters', 'MACs'];
  return textTable(head, shown, layers ? [3, 4] : [1, 2]);
}

/** @param columns of the terminal: descriptions are broken to fit it; undefined where there is none */
export function listTable(parts: readonly PartListing[], columns: number | undefined): string {
  const head = ['kind', 'name', 'what it is', 'plugin'];
  const rows = parts.map(({ kind, name, description, plugin }) => [kind, name, description, plugin]);
  return fittingTable({ head, rows, right: [], broken: 'what it is', columns });
}

export interface FittingTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly right: readonly number[];
  /** The column whose texts go on in a next line where the terminal is too narrow. */
  readonly broken: string;
  /** Of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
}

/** A table that is no wider than the terminal, as far as one column can give way. */
export function fittingTable({ head, rows, right, broken, columns }: FittingTable): string {
  // A space on both sides of a text, and a line between columns and at the ends.
  const widths = head.map(
    (title, column) =>
      2 + Math.max(...[title, ...rows.map((row) => row[column]!)].map(({ length }) => length)),
  );
  const total = widths.reduce((sum, width) => sum + width, head.length + 1);
  const giving = head.lastIndexOf(broken);
  const room = widths[giving]! - total + (columns ?? Infinity);
  const isNarrow = columns !== undefined && total > columns;
  return textTable(head, rows, right, isNarrow ? { [giving]: Math.max(30, room) } : {});
}
