import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Stateful } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { MtlError } from '../errors.js';
import { modelPredictor, evaluate, trivialBaselines, type Baselines, type MetricValues } from '../evaluation/index.js';
import { Random } from '../random.js';
import { readCheckpoint, restoreCheckpoint, saveCheckpoint } from '../training/checkpoint.js';
import type { EventListener } from '../training/events.js';
import { Trainer } from '../training/trainer.js';
import { RunFolder } from './folder.js';
import { openSession, openSplit, type Session } from './session.js';

export interface TrainOptions {
  /** The run's folder: new, or an earlier run's to resume. */
  readonly folder: string;
  /** Go on from the folder's last checkpoint; from the start where it has none yet. */
  readonly resume?: boolean;
  readonly onEvent?: EventListener;
  /** Aborting it finishes the step under way, saves and stops. */
  readonly signal?: AbortSignal;
}

/** What a finished run gives: its best model's metrics on the validation split, beside the trivial predictors'. */
export interface RunResult {
  readonly metrics: MetricValues;
  readonly baselines: Baselines;
  /** The run's folder. */
  readonly run: string;
}

/**
 * Trains what a config describes, into a run folder: config, environment, events, checkpoints, metrics.
 * @throws MtlError; `INTERRUPTED` after it was stopped and saved.
 */
export async function train(loaded: LoadedConfig, options: TrainOptions): Promise<RunResult> {
  const folder = new RunFolder(options.folder);
  const resuming = options.resume === true && folder.exists();
  if (resuming) assertSameConfig(folder, loaded);
  const session = await openSession(loaded, { initialize: !(resuming && existsSync(folder.last)) });
  try {
    const [trainSplit, val] = [await openSplit(session, 'train'), await openSplit(session, 'val')];
    if (!resuming) folder.create(loaded, session.engine.name);
    const trainer = makeTrainer(session, { folder, train: trainSplit, val, options });
    if (resuming) resume(folder, trainer);
    const outcome = await trainer.run();
    if (outcome === 'interrupted') {
      throw new MtlError('INTERRUPTED', `Stopped and saved; go on with --resume --run ${options.folder}`);
    }
    restoreCheckpoint(readCheckpoint(folder.best), { model: session.model });
    const data = { split: val, tasks: session.tasks, labels: session.dataset.labels, batchSize: loaded.config.train.batchSize };
    const result: RunResult = {
      metrics: await evaluate(modelPredictor(session.model), data),
      baselines: await trivialBaselines(trainSplit, data),
      run: folder.path,
    };
    folder.writeJson('metrics.json', { split: 'val', metrics: result.metrics, baselines: result.baselines });
    return result;
  } finally {
    session.dispose();
  }
}

interface TrainerParts {
  readonly folder: RunFolder;
  readonly train: Awaited<ReturnType<typeof openSplit>>;
  readonly val: Awaited<ReturnType<typeof openSplit>>;
  readonly options: TrainOptions;
}

function makeTrainer(session: Session, { folder, train: trainSplit, val, options }: TrainerParts): Trainer {
  const { config, registry, deps, tasks } = session;
  const weighter = registry.create('weighter', config.weighter, deps);
  weighter.setup({
    tasks: tasks.map(({ name }) => name),
    kinds: tasks.map(({ kind }) => kind),
    random: new Random(config.train.seed, 'weighter'),
  });
  const saveTo = (file: string) => async (parts: Readonly<Record<string, Stateful>>) => {
    await saveCheckpoint(file, parts);
    return file;
  };
  return new Trainer({
    settings: config.train,
    tasks,
    model: session.model,
    consistency: session.consistency,
    weighter,
    optimizer: registry.create('optimizer', config.train.optimizer, deps, 'train.optimizer'),
    dataset: session.dataset,
    train: trainSplit,
    val,
    signal: options.signal,
    save: saveTo(folder.last),
    saveBest: saveTo(folder.best),
    onEvent: (event) => {
      folder.append(event);
      options.onEvent?.(event);
    },
  });
}

function resume(folder: RunFolder, trainer: Trainer): void {
  if (existsSync(folder.last)) restoreCheckpoint(readCheckpoint(folder.last), trainer.parts);
  folder.rewind(trainer.progress.step);
}

/** Another config would make the saved state mean something else; only the number of epochs may change. */
function assertSameConfig(folder: RunFolder, { config }: LoadedConfig): void {
  const comparable = (value: LoadedConfig['config']): unknown =>
    JSON.parse(JSON.stringify({ ...value, train: { ...value.train, epochs: 0 } }));
  const stored = folder.readConfig().config;
  const [before, now] = [comparable(stored), comparable(config)] as [Record<string, unknown>, Record<string, unknown>];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (key) => !isDeepStrictEqual(before[key], now[key]),
  );
  if (changed.length === 0) return;
  throw new MtlError(
    'RUN_INVALID',
    `--resume: the config differs from the one that ${folder.path} was started with, in: ${changed.join(', ')}; ` +
      'undo the change, or start a new run in another folder with --run',
  );
}
