import type { SplitName } from '../contracts/index.js';
import { loadConfig, type Fragment, type LoadedConfig } from '../config/index.js';
import { deltaM, evaluate, modelPredictor, trivialBaselines, type MetricValues } from '../evaluation/index.js';
import type { Plugin } from '../registry/index.js';
import { readCheckpoint, restoreCheckpoint } from '../training/checkpoint.js';
import { RunFolder } from './folder.js';
import { openSession, openSplit, type Session } from './session.js';
import type { RunResult } from './train.js';

export interface EvaluateOptions {
  readonly folder: string;
  readonly split: SplitName;
  /** The best model (default) or the last one. */
  readonly checkpoint?: 'best' | 'last';
  /** Another run, evaluated on the same split, that Δm is taken against. */
  readonly baseline?: { readonly folder: string; readonly loaded: LoadedConfig } | undefined;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface EvaluationResult extends RunResult {
  readonly split: SplitName;
  /** Percent over all metrics that both runs have (paper eq. 17); only with a baseline. */
  readonly deltaM?: number;
}

/**
 * The config that a run was started with, its plugins loaded.
 * @param plugins that need not be named
 * @param overrides `key.path=value` on top
 */
export function loadRunConfig(
  folder: string,
  plugins: readonly Plugin[],
  overrides: readonly string[] = [],
): Promise<LoadedConfig> {
  const { config, baseFolder } = new RunFolder(folder).readConfig();
  return loadConfig({ plugins, config: config as unknown as Fragment, folder: baseFolder, overrides });
}

/** Evaluates a run's model on a split, beside the trivial predictors. */
export async function evaluateRun(loaded: LoadedConfig, options: EvaluateOptions): Promise<EvaluationResult> {
  const folder = new RunFolder(options.folder);
  const session = await openSession(loaded, { initialize: false });
  try {
    const split = await openSplit(session, options.split);
    restoreCheckpoint(readCheckpoint(folder[options.checkpoint ?? 'best']), { model: session.model });
    const data = {
      split,
      tasks: session.tasks,
      labels: session.dataset.labels,
      batchSize: loaded.config.train.batchSize,
    };
    const metrics = await evaluate(modelPredictor(session.model), { ...data, onProgress: options.onProgress });
    const baselines = await trivialBaselines(await openSplit(session, 'train'), data);
    const result = { split: options.split, metrics, baselines, run: folder.path };
    if (options.baseline === undefined) return result;
    const reference = await evaluateRun(options.baseline.loaded, { ...options.baseline, split: options.split });
    return { ...result, deltaM: gain(session, metrics, reference.metrics) };
  } finally {
    session.dispose();
  }
}

function gain({ tasks }: Session, metrics: MetricValues, baseline: MetricValues): number {
  return deltaM(
    tasks.flatMap((task) =>
      task.metrics().flatMap(({ name, higherIsBetter }) => {
        const [value, before] = [metrics[task.name]?.[name], baseline[task.name]?.[name]];
        return value === undefined || before === undefined ? [] : [{ value, baseline: before, higherIsBetter }];
      }),
    ),
  );
}
