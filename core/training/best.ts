import type { Task } from '../contracts/index.js';
import { deltaM, hasGain } from '../evaluation/delta-m.js';
import type { MetricValues } from '../evaluation/evaluate.js';
import { badValue, show } from '../errors.js';
import { didYouMean } from '../text.js';

/** Whether a model's metrics are better than another's, and by more than `minDelta`. */
export type IsBetter = (metrics: MetricValues, than: MetricValues, minDelta: number) => boolean;

/**
 * How models are compared: by one named metric, `TASK.METRIC`, or, without a name, by Δm (paper eq. 17) over every
 * task's first metric, with the best model so far as the baseline: a task's gain then weighs the same whatever its
 * unit. `minDelta` is in the metric's own unit, or in percent of Δm.
 * @throws MtlError `CONFIG_INVALID` where there is no such metric.
 */
export function comparison(name: string | null, tasks: readonly Task[]): IsBetter {
  const metrics = tasks.flatMap((task) =>
    task.metrics().map((metric, index) => ({
      task: task.name,
      name: metric.name,
      higherIsBetter: metric.higherIsBetter,
      first: index === 0,
    })),
  );
  const sign = ({ higherIsBetter }: { higherIsBetter: boolean }): number => (higherIsBetter ? 1 : -1);
  if (name !== null) {
    const metric = metrics.find((candidate) => `${candidate.task}.${candidate.name}` === name);
    if (!metric) {
      const names = metrics.map(({ task, name: own }) => `${task}.${own}`);
      const fix = didYouMean(name, names);
      throw badValue('CONFIG_INVALID', {
        what: 'train.best',
        expected: `one of ${names.join(', ')}`,
        found: show(name),
        ...(fix ? { fix } : {}),
      });
    }
    const value = (values: MetricValues): number =>
      (values[metric.task]?.[metric.name] ?? NaN) * sign(metric);
    return (values, than, minDelta) => {
      const [now, before] = [value(values), value(than)];
      return Number.isNaN(before) ? !Number.isNaN(now) : now - before > minDelta;
    };
  }
  const chosen = metrics.filter(({ first }) => first);
  return (values, than, minDelta) => {
    const pairs = chosen.flatMap(({ task, name: own, higherIsBetter }) => {
      const [value, baseline] = [values[task]?.[own], than[task]?.[own]];
      return value !== undefined && hasGain(baseline) ? [{ value, baseline, higherIsBetter }] : [];
    });
    return pairs.length === 0 || deltaM(pairs) > minDelta;
  };
}
