import type { BatchReport } from '../core/index.js';
import type { Style } from './style.js';
import { fittingTable } from './tables.js';
import { wrapped } from './text-table.js';

/** A batch that ended a run, in words and tables. @param columns of the terminal; undefined where there is none */
export function batchReport(report: BatchReport, columns?: number, style?: Style): string {
  const { message, epoch, step, seed, learningRate, ids, losses, arrays } = report;
  const terms = Object.entries(losses).flatMap(([task, values]) =>
    Object.entries(values).map(([term, value]) => [task, term, short(value)]),
  );
  const rows = Object.entries(arrays).map(([name, { shape, min, max, mean, nan, infinite }]) => [
    name,
    shape.join('×'),
    ...[min, max, mean].map((value) => (value === null ? '–' : short(value))),
    ...[nan, infinite].map(String),
  ]);
  const table = (head: readonly string[], cells: readonly string[][], right: readonly number[]): string =>
    fittingTable({ head, rows: cells, right, broken: head[0]!, columns, style });
  return [
    ...[
      message,
      `Step ${step}, in epoch ${epoch + 1}; learning rate ${learningRate}, seed ${seed}`,
      `Samples: ${ids.join(', ')}`,
    ].map((text) => (columns === undefined ? text : wrapped(text, columns))),
    ...(terms.length > 0 ? ['', table(['task', 'loss', 'value'], terms, [2])] : []),
    '',
    table(['array', 'shape', 'min', 'max', 'mean', 'NaN', 'infinite'], rows, [2, 3, 4, 5, 6]),
  ].join('\n');
}

function short(value: number | string): string {
  return typeof value === 'string' ? value : String(Number(value.toPrecision(4)));
}
