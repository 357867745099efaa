import { existsSync } from 'node:fs';
import type { Optimizer, SplitName, Stateful, Weighter } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { messageOf, MtlError } from '../errors.js';
import { interruption, isInterruption, unlessStopped } from '../interruption.js';
import type { Loader } from '../data/index.js';
import {
  modelPredictor,
  evaluate,
  trivialBaselines,
  type Baselines,
  type MetricValues,
} from '../evaluation/index.js';
import { readCheckpoint, restoreCheckpoint, saveCheckpoint } from '../training/checkpoint.js';
import type { EventListener, TrainingEvent } from '../training/events.js';
import { Trainer } from '../training/trainer.js';
import { changes } from './changes.js';
import { RunFolder } from './folder.js';
import { writeProblem } from './problem.js';
import { openSession, type Session } from './session.js';

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
  /** Samples left out since they could not be loaded, by split. */
  readonly badSamples: Readonly<Partial<Record<SplitName, number>>>;
  /** The run's folder. */
  readonly run: string;
}

/**
 * Trains what a config describes, into a run folder: config, environment, events, checkpoints, metrics. The folder is
 * made with the first step's result: a run that fails before leaves nothing behind.
 * @throws MtlError; `INTERRUPTED` after it was stopped and saved.
 */
export async function train(loaded: LoadedConfig, options: TrainOptions): Promise<RunResult> {
  const folder = new RunFolder(options.folder);
  const resuming = options.resume === true && folder.exists();
  if (resuming) assertSameConfig(folder, loaded);
  else folder.assertFree();
  const { signal } = options;
  const session = await (resuming
    ? reopenSession(folder, loaded)
    : openSession(loaded, { initialize: true }));
  const own: { dispose(): void }[] = [session];
  try {
    const onEvent = recorder(folder, options.onEvent, () => {
      if (resuming) folder.writeConfig({ ...folder.readConfig(), config: loaded.config });
      else folder.create(loaded, session.engine.name);
    });
    const open = (split: SplitName): Promise<Loader> =>
      unlessStopped(
        session.loading.open(split, (bad) => onEvent({ type: 'badSample', ...bad })),
        signal,
      );
    const [training, val] = [await open('train'), await open('val')];
    const [weighter, optimizer] = [makeWeighter(session), makeOptimizer(session)];
    own.push(weighter, optimizer);
    const trainer = makeTrainer(session, {
      weighter,
      optimizer,
      train: training,
      val,
      folder,
      signal,
      onEvent,
    });
    if (resuming) resume(folder, trainer);
    if ((await trainer.run()) === 'interrupted') throw interruption();
    restoreCheckpoint(readCheckpoint(folder.best), { model: session.model });
    const data = { loader: val, tasks: session.tasks, batchSize: loaded.config.train.batchSize, signal };
    const result: RunResult = {
      metrics: await evaluate(modelPredictor(session.model), data),
      baselines: await trivialBaselines(training, data),
      badSamples: { train: training.badSamples, val: val.badSamples },
      run: folder.path,
    };
    const { metrics, baselines, badSamples } = result;
    folder.writeJson('metrics.json', { split: 'val', metrics, baselines, badSamples });
    return result;
  } catch (error) {
    throw isInterruption(error) ? stopped(folder, options.folder) : error;
  } finally {
    for (const part of own) part.dispose();
  }
}

function stopped(folder: RunFolder, named: string): MtlError {
  const message = existsSync(folder.last)
    ? `Stopped and saved; go on with: mtl train --resume --run ${named}`
    : 'Stopped before there was anything to save';
  return new MtlError('INTERRUPTED', message);
}

/** A session to resume in: on the engine that the run was started on, whatever `auto` would take by now. */
async function reopenSession(folder: RunFolder, loaded: LoadedConfig): Promise<Session> {
  const { config } = loaded;
  const before = folder.engine();
  const engine = config.engine === 'auto' && before !== undefined ? before : config.engine;
  try {
    return await openSession(
      { ...loaded, config: { ...config, engine } },
      { initialize: !existsSync(folder.last) },
    );
  } catch (error) {
    if (!(error instanceof MtlError) || error.code !== 'ENGINE_UNUSABLE') throw error;
    throw new MtlError(
      error.code,
      `--resume: the run goes on only where it was started, since engines differ in the last digits: ${error.message}; ` +
        'or train anew on another engine, in another folder with --run',
      { cause: error },
    );
  }
}

interface TrainerParts {
  readonly weighter: Weighter;
  readonly optimizer: Optimizer;
  readonly train: Loader;
  readonly val: Loader;
  readonly folder: RunFolder;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: EventListener;
}

export function makeWeighter({ config, registry, deps, tasks }: Session): Weighter {
  const weighter = registry.create('weighter', config.weighter, deps);
  weighter.setup({
    tasks: tasks.map(({ name }) => name),
    kinds: tasks.map(({ kind }) => kind),
    seed: config.train.seed,
  });
  return weighter;
}

export function makeOptimizer({ config, registry, deps }: Session): Optimizer {
  return registry.create('optimizer', config.train.optimizer, deps, 'train.optimizer');
}

function makeTrainer(
  { config, tasks, model, consistency }: Session,
  { folder, ...rest }: TrainerParts,
): Trainer {
  const saveTo = (file: string) => async (parts: Readonly<Record<string, Stateful>>) => {
    folder.assertThere();
    await saveCheckpoint(file, parts);
    return file;
  };
  return new Trainer({
    settings: config.train,
    tasks,
    model,
    consistency,
    ...rest,
    onTrouble: (trouble) => writeProblem(folder.path, trouble),
    save: saveTo(folder.last),
    saveBest: saveTo(folder.best),
  });
}

const beforeTheFirstStep: ReadonlySet<TrainingEvent['type']> = new Set(['start', 'observing', 'badSample']);

/** Writes events down and passes them on. The first one after the start calls `begin`; until then nothing is written. */
function recorder(folder: RunFolder, listener: EventListener | undefined, begin: () => void): EventListener {
  let waiting: TrainingEvent[] | undefined = [];
  return (event) => {
    if (waiting && beforeTheFirstStep.has(event.type)) waiting.push(event);
    else {
      if (waiting) begin();
      for (const known of [...(waiting ?? []), event]) folder.append(known);
      waiting = undefined;
    }
    listener?.(event);
  };
}

function resume(folder: RunFolder, trainer: Trainer): void {
  if (existsSync(folder.last)) {
    try {
      restoreCheckpoint(readCheckpoint(folder.last), trainer.parts);
    } catch (error) {
      if (!(error instanceof MtlError)) throw error;
      const fix = 'put a copy of the file back, or train anew in another folder with --run';
      throw new MtlError(error.code, `--resume: ${messageOf(error)}; ${fix}`, { cause: error });
    }
  }
  folder.rewind(trainer.progress);
}

/** Another config would make the saved state mean something else; what changes no number may differ. */
function assertSameConfig(folder: RunFolder, { config }: LoadedConfig): void {
  const comparable = (value: LoadedConfig['config']): unknown =>
    JSON.parse(
      JSON.stringify({
        ...value,
        train: { ...value.train, epochs: 0 },
        loader: { ...value.loader, workers: 0, prefetch: 0, memory: 0, cache: null },
      }),
    );
  const changed = changes(comparable(folder.readConfig().config), comparable(config));
  if (changed.length === 0) return;
  throw new MtlError(
    'RUN_INVALID',
    `--resume: the config differs from the one that ${folder.path} was started with: ${changed.join(', ')}; ` +
      'undo the change, or start a new run in another folder with --run',
  );
}
