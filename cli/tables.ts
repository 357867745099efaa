import type { ModelSummary, PartListing, RunResult } from '../core/index.js';
import type { Style } from './style.js';
import { fittingTable } from './text-table.js';

export { fittingTable, textTable, type FittingTable } from './text-table.js';

/** A model's metrics beside the trivial predictors'. @param columns of the terminal; undefined where there is none */
export function resultTable({ metrics, baselines }: RunResult, columns?: number, style?: Style): string {
  const rows = Object.entries(metrics).flatMap(([task, values]) =>
    Object.entries(values).map(([name, value]) => {
      const { predictor, metrics: trivial } = baselines[task]!;
      const bar = trivial[name];
      return [task, name, value.toPrecision(4), bar === undefined ? '–' : bar.toPrecision(4), predictor];
    }),
  );
  return fittingTable({
    head: ['task', 'metric', 'model', 'trivial', 'trivial predictor'],
    rows,
    right: [2, 3],
    broken: 'trivial predictor',
    dispensable: ['trivial predictor'],
    names: 2,
    columns,
    style,
  });
}

/** Parts, or all layers, with parameters and multiply-accumulates. */
export function summaryTable(
  { parts, parameters, macs }: ModelSummary,
  layers: boolean,
  columns?: number,
  style?: Style,
): string {
  const count = (value: number): string => value.toLocaleString('en');
  const rows = parts.flatMap((part) => [
    [part.name, '', '', count(part.parameters), magnitude(part.macs)],
    ...(layers ? part.layers : []).map((layer) => [
      `  ${layer.name}`,
      layer.type,
      layer.output.join('×'),
      count(layer.parameters),
      magnitude(layer.macs),
    ]),
  ]);
  rows.push(['total', '', '', count(parameters), magnitude(macs)]);
  return fittingTable({
    head: layers ? ['part', 'layer', 'output', 'parameters', 'MACs'] : ['part', 'parameters', 'MACs'],
    rows: layers ? rows : rows.map(([name, , , ...counts]) => [name!, ...counts]),
    right: layers ? [3, 4] : [1, 2],
    broken: 'part',
    columns,
    style,
  });
}

/** @param columns of the terminal: descriptions are broken to fit it; undefined where there is none */
export function listTable(parts: readonly PartListing[], columns: number | undefined, style?: Style): string {
  return fittingTable({
    head: ['kind', 'name', 'what it is', 'plugin'],
    rows: parts.map(({ kind, name, description, plugin }) => [kind, name, description, plugin]),
    right: [],
    broken: 'what it is',
    dispensable: ['plugin'],
    names: 2,
    columns,
    style,
  });
}

/** Three digits, e.g. `5.00 G`, `12.3 M`. */
function magnitude(value: number): string {
  if (value < 1e3) return String(value);
  const [unit, name] = (
    [
      [1e9, 'G'],
      [1e6, 'M'],
      [1e3, 'k'],
    ] as const
  ).find(([size]) => value >= size)!;
  return `${(value / unit).toPrecision(3)} ${name}`;
}
