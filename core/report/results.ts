import type { Task } from '../contracts/index.js';
import { hasGain, type MetricValues } from '../evaluation/index.js';
import { gainOver } from '../run/evaluate-run.js';
import type { RunHistory } from './history.js';

/** One metric of the best model, beside others' values of it; null where there is none. */
export interface ResultRow {
  readonly task: string;
  readonly metric: string;
  readonly higherIsBetter: boolean;
  readonly value: number;
  readonly trivial: number | null;
  readonly baseline: number | null;
}

/** The best model's metrics on the validation split. */
export interface Results {
  /** Empty before the first validation. */
  readonly rows: readonly ResultRow[];
  /** By task: what looks at no image; empty until the run is over. */
  readonly predictors: Readonly<Record<string, string>>;
  readonly baseline: BaselineResult | null;
}

export interface BaselineResult {
  /** The other run's name. */
  readonly name: string;
  /** Percent; null where the two have no metric in common. */
  readonly deltaM: number | null;
  /** Metrics that Δm leaves out, `TASK.METRIC`: the baseline's is 0. */
  readonly notInDeltaM: readonly string[];
  /** Whether both were measured on the same data. */
  readonly sameData: boolean;
}

/** @param baseline the run that Δm is taken against; both as they measured themselves */
export function resultsOf(history: RunHistory, tasks: readonly Task[], baseline?: RunHistory): Results {
  const metrics = metricsOf(history);
  const others = baseline && metricsOf(baseline);
  const trivial = history.result?.baselines ?? {};
  return {
    rows: tasks.flatMap((task) =>
      task.metrics().flatMap(({ name, higherIsBetter }) => {
        const value = metrics[task.name]?.[name];
        if (value === undefined) return [];
        return [
          {
            task: task.name,
            metric: name,
            higherIsBetter,
            value,
            trivial: trivial[task.name]?.metrics[name] ?? null,
            baseline: others?.[task.name]?.[name] ?? null,
          },
        ];
      }),
    ),
    predictors: Object.fromEntries(Object.entries(trivial).map(([task, { predictor }]) => [task, predictor])),
    baseline: baseline && others ? besides(history, tasks, { metrics, baseline, others }) : null,
  };
}

function metricsOf({ result, metrics }: RunHistory): MetricValues {
  return result?.metrics ?? metrics ?? {};
}

function besides(
  { stored }: RunHistory,
  tasks: readonly Task[],
  { metrics, baseline, others }: { metrics: MetricValues; baseline: RunHistory; others: MetricValues },
): BaselineResult {
  const isComparable = Object.entries(metrics).some(([task, values]) =>
    Object.keys(values).some((name) => hasGain(others[task]?.[name])),
  );
  const gain = isComparable ? gainOver(tasks, metrics, others) : undefined;
  return {
    name: baseline.name,
    deltaM: gain?.deltaM ?? null,
    notInDeltaM: gain?.notInDeltaM ?? [],
    sameData: JSON.stringify(stored.config.dataset) === JSON.stringify(baseline.stored.config.dataset),
  };
}
