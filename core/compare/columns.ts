import type { LoadedConfig } from '../config/index.js';
import { badValue, show } from '../errors.js';
import { openData } from '../run/data.js';
import { didYouMean } from '../text.js';
import type { Comparison } from './schema.js';

/** A metric that is compared. */
export interface ComparisonColumn {
  readonly task: string;
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** What tables call it. */
  readonly label: string;
  /** Whether tables show it in percent; values are fractions all the same. */
  readonly percent: boolean;
}

/**
 * The metrics that a comparison names, or else all that its rows have.
 * @throws MtlError `CONFIG_INVALID` for one that no row has
 */
export function columnsOf(
  { metrics }: Pick<Comparison, 'metrics'>,
  configs: readonly LoadedConfig[],
  what: string,
): readonly ComparisonColumn[] {
  const known = new Map<string, ComparisonColumn>();
  for (const loaded of distinct(configs)) {
    for (const task of openData(loaded).tasks) {
      for (const { name: metric, higherIsBetter } of task.metrics()) {
        const column = { task: task.name, metric, higherIsBetter, label: metric, percent: false };
        if (!known.has(keyOf(column))) known.set(keyOf(column), column);
      }
    }
  }
  if (metrics === null) return [...known.values()];
  return metrics.map((entry, index) => {
    const { metric, label, percent } =
      typeof entry === 'string' ? { metric: entry, percent: false } : { ...entry };
    const column = known.get(metric);
    if (column) return { ...column, percent, label: label ?? column.label };
    const names = [...known.keys()];
    const fix = didYouMean(metric, names);
    throw badValue('CONFIG_INVALID', {
      what: `metrics[${index}] in ${what}`,
      expected: `a metric of the rows’ tasks: ${names.join(', ')}`,
      found: show(metric),
      ...(fix ? { fix } : {}),
    });
  });
}

/** `TASK.METRIC` */
export function keyOf({ task, metric }: Pick<ComparisonColumn, 'task' | 'metric'>): string {
  return `${task}.${metric}`;
}

/** Rows mostly share their data and tasks, which need not be opened again. */
function distinct(configs: readonly LoadedConfig[]): readonly LoadedConfig[] {
  const byData = configs.map((loaded) => {
    const { dataset, tasks } = loaded.config;
    return [JSON.stringify([dataset, tasks]), loaded] as const;
  });
  return [...new Map(byData).values()];
}
