import type { SplitName, Task } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import {
  deltaM,
  evaluate,
  hasGain,
  modelPredictor,
  trivialBaselines,
  type EvaluationData,
  type MetricValues,
} from '../evaluation/index.js';
import { readCheckpoint, restoreCheckpoint } from '../training/checkpoint.js';
import { RunFolder } from './folder.js';
import { openSession, type Session } from './session.js';
import type { RunResult } from './train.js';

/** Which model is measured, on what, and beside what. */
export interface EvaluateOptions {
  readonly folder: string;
  readonly split: SplitName;
  /** The best model (default) or the last one. */
  readonly checkpoint?: 'best' | 'last';
  /** Another run, whose best model is evaluated on the same data, that Δm is taken against. */
  readonly baseline?: { readonly folder: string; readonly loaded: LoadedConfig } | undefined;
  /** Told after each batch: images done, of how many. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface EvaluationResult extends RunResult {
  readonly split: SplitName;
  /** Percent over all metrics that both runs have (paper eq. 17); only with a baseline. */
  readonly deltaM?: number;
  /** Metrics that Δm leaves out, `TASK.METRIC`: the baseline's is 0, and no gain relative to it exists. */
  readonly notInDeltaM?: readonly string[];
}

/** Evaluates a run's model on a split, beside the trivial predictors. */
export async function evaluateRun(loaded: LoadedConfig, options: EvaluateOptions): Promise<EvaluationResult> {
  const { folder, split, baseline } = options;
  const session = await openSession(loaded, { initialize: false });
  try {
    const { metrics, data } = await measure(session, options);
    const train = await session.loading.open('train');
    const baselines = await trivialBaselines(train, data);
    const badSamples = { [split]: data.loader.badSamples, train: train.badSamples };
    const result = { split, metrics, baselines, badSamples, run: new RunFolder(folder).path };
    return baseline
      ? { ...result, ...gainOver(session.tasks, metrics, await measureBaseline(loaded, baseline, split)) }
      : result;
  } finally {
    session.dispose();
  }
}

async function measure(
  session: Session,
  { folder, split: name, checkpoint = 'best', onProgress }: EvaluateOptions,
) {
  const { config, loading, model, tasks } = session;
  const loader = await loading.open(name);
  restoreCheckpoint(readCheckpoint(new RunFolder(folder)[checkpoint]), { model });
  const data: EvaluationData = { loader, tasks, batchSize: config.train.batchSize };
  return { metrics: await evaluate(modelPredictor(model), { ...data, onProgress }), data };
}

/** The other run's metrics on this run's data, whatever it was trained on itself. */
async function measureBaseline(
  { config: { dataset, engine }, baseFolder }: LoadedConfig,
  { folder, loaded: other }: { readonly folder: string; readonly loaded: LoadedConfig },
  split: SplitName,
): Promise<MetricValues> {
  const loaded = { ...other, baseFolder, config: { ...other.config, dataset, engine } };
  const session = await openSession(loaded, { initialize: false });
  try {
    return (await measure(session, { folder, split })).metrics;
  } finally {
    session.dispose();
  }
}

/**
 * Δm over the metrics that both have.
 * @throws MtlError `METRIC_EMPTY` where there is none
 */
export function gainOver(
  tasks: readonly Task[],
  metrics: MetricValues,
  baseline: MetricValues,
): Pick<EvaluationResult, 'deltaM' | 'notInDeltaM'> {
  const shared = tasks.flatMap((task) =>
    task.metrics().flatMap(({ name, higherIsBetter }) => {
      const [value, before] = [metrics[task.name]?.[name], baseline[task.name]?.[name]];
      const of = `${task.name}.${name}`;
      return value === undefined || before === undefined
        ? []
        : [{ of, value, baseline: before, higherIsBetter }];
    }),
  );
  const leftOut = shared.filter((metric) => !hasGain(metric.baseline)).map(({ of }) => of);
  return {
    deltaM: deltaM(shared.filter((metric) => hasGain(metric.baseline))),
    ...(leftOut.length > 0 ? { notInDeltaM: leftOut } : {}),
  };
}
