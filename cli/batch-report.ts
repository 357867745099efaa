import type { BatchReport } from '../core/index.js';
import { textTable } from './tables.js';

/** A batch that ended a run, in words and tables. */
export function batchReport(report: BatchReport): string {
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
  return [
    message,
    `Step ${step}, in epoch ${epoch + 1}; learning rate ${learningRate}, seed ${seed}`,
    `Samples: ${ids.join(', ')}`,
    ...(terms.length > 0 ? ['', textTable(['task', 'loss', 'value'], terms, [2])] : []),
    '',
    textTable(['array', 'shape', 'min', 'max', 'mean', 'NaN', 'infinite'], rows, [2, 3, 4, 5, 6]),
  ].join('\n');
}

function short(value: number | string): string {
  return typeof value === 'string' ? value : String(Number(value.toPrecision(4)));
}
