import { existsSync } from 'node:fs';
import type { SplitName } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { MtlError } from '../errors.js';
import { interruption, isInterruption, unlessStopped } from '../interruption.js';
import type { Loader } from '../data/index.js';
import {
  modelPredictor,
  evaluate,
  trivialBaselines,
  type Baselines,
  type MetricValues,
} from '../evaluation/index.js';
import { readCheckpoint, restoreCheckpoint } from '../training/checkpoint.js';
import type { EventListener, TrainingEvent } from '../training/events.js';
import type { Places } from '../training/saving/messages.js';
import { CheckpointWriter } from '../training/saving/writer.js';
import { Trainer, type TrainerArgs } from '../training/trainer.js';
import { waitingSignal } from '../training/stopping.js';
import { currentWorld } from '../world/current.js';
import type { Launch } from '../world/launch.js';
import { dataInfo } from './data.js';
import { describeEnvironment } from './environment.js';
import { engineNote } from './engine-note.js';
import { RunFolder } from './folder.js';
import { follow } from './follow.js';
import { makeMoving, type Moving } from './moving.js';
import { ownFolder } from './own-folder.js';
import { writeProblem } from './problem.js';
import { asRank, beginTogether, takeFirstState } from './ranks.js';
import { assertSameConfig, checkpointToResume, reopenSession, resume } from './resume.js';
import { openSession, type Session } from './session.js';

/** Where a run writes, and how it is followed and stopped. */
export interface TrainOptions {
  /** The run's folder: new, or an earlier run's to resume. */
  readonly folder: string;
  /** Go on from the folder's last checkpoint; from the start where it has none yet. */
  readonly resume?: boolean;
  /** The checkpoint to go on from instead, by its name in the folder: `previous` or `step-NUMBER`. */
  readonly from?: string | undefined;
  readonly onEvent?: EventListener;
  /** Aborting it finishes the step under way, saves and stops. */
  readonly signal?: AbortSignal;
  /** Which of several ranks this process is, see `worldFromEnvironment`; absent = it trains alone. */
  readonly launch?: Launch | undefined;
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
 * made with the first step's result: a run that fails before leaves nothing behind. As one of several ranks (`launch`, or
 * where this process is one already), rank 0 alone writes, and its result alone has baselines.
 * @throws MtlError; `INTERRUPTED` after it was stopped and saved.
 */
export async function train(loaded: LoadedConfig, options: TrainOptions): Promise<RunResult> {
  const { launch } = options;
  if (launch) return asRank(loaded, launch, () => train(loaded, { ...options, launch: undefined }));
  const { rank } = currentWorld()?.world ?? { rank: 0 };
  return (rank === 0 ? lead : follow)(loaded, options);
}

async function lead(loaded: LoadedConfig, options: TrainOptions): Promise<RunResult> {
  const folder = new RunFolder(options.folder);
  const { resuming, release } = await ownFolder(folder, options.resume === true);
  try {
    if (resuming) assertSameConfig(folder, loaded);
    return await trainIn(folder, loaded, { ...options, resume: resuming });
  } finally {
    release();
  }
}

/** @param options whose `resume` says whether there is a run to go on with */
async function trainIn(
  folder: RunFolder,
  loaded: LoadedConfig,
  options: TrainOptions & { readonly resume: boolean },
): Promise<RunResult> {
  const { resume: resuming, signal } = options;
  const begun = resuming ? folder.readConfig() : undefined;
  const checkpoint = resuming ? checkpointToResume(folder, options.from) : undefined;
  const session = await (resuming
    ? reopenSession(folder, loaded, { initialize: checkpoint === undefined })
    : openSession(loaded, { initialize: true }));
  const own: { dispose(): void }[] = [session];
  const writer = new CheckpointWriter();
  const board = loaded.config.log.tensorboard ? await openTensorBoard(folder, session) : undefined;
  try {
    const environment = await describeEnvironment(loaded, session.engine);
    const before = { config: begun?.config.engine ?? 'auto', environment: folder.readEnvironment() };
    const onEvent = recorder([folder, ...(board ? [board] : [])], options.onEvent, () => {
      if (!begun) return folder.create(loaded, dataInfo(session.dataset), environment);
      folder.writeConfig({ ...begun, config: loaded.config });
      const { engine, engineDetail, started: time } = environment;
      folder.addResumption({ time, engine, engineDetail, step: resumedAt });
    });
    const moving = await makeMoving(session, own, { initialize: checkpoint === undefined });
    const open = (split: SplitName): Promise<Loader> =>
      unlessStopped(
        session.loading.open(split, (bad) => onEvent({ type: 'badSample', ...bad })),
        signal,
      );
    const [training, val] = [await open('train'), await open('val')];
    const trainer = makeTrainer(session, {
      ...moving,
      train: training,
      val,
      folder,
      writer,
      signal,
      onEvent,
      onPredictions: board && ((...predicted) => board.predictions(...predicted)),
    });
    if (resuming) resume(folder, trainer, checkpoint);
    await beginTogether({ loaded, engine: session.engine.name, train: training, val }, trainer.parts);
    const resumedAt = trainer.progress.step;
    const now = { config: loaded.config.engine, environment };
    const note = resumedAt > 0 ? engineNote(before, now, session.engine) : undefined;
    if (note !== undefined) onEvent({ type: 'note', step: resumedAt, text: note });
    const outcome = await trainer.run();
    await board?.close();
    if (outcome === 'interrupted') throw interruption();
    return await finish(folder, session, { train: training, val, signal });
  } catch (error) {
    throw isInterruption(error) ? stopped(folder, options.folder) : error;
  } finally {
    await writer.close();
    // The error that ended the run is the one to tell.
    await board?.close().catch(() => undefined);
    for (const part of own) part.dispose();
  }
}

/** Loaded where it is asked for: the library of its format is needed for nothing else. */
async function openTensorBoard(folder: RunFolder, { tasks }: Session) {
  const { TensorBoardLog } = await import('./tensorboard/index.js');
  return new TensorBoardLog(folder.path, tasks);
}

/** Measures the best model, and writes that down. */
async function finish(
  folder: RunFolder,
  { model, tasks, config }: Session,
  { train: training, val, signal }: Pick<TrainerParts, 'train' | 'val' | 'signal'>,
): Promise<RunResult> {
  restoreCheckpoint(readCheckpoint(folder.best), { model });
  const among = currentWorld();
  if (among) await takeFirstState(among.world, { model });
  const data = { loader: val, tasks, batchSize: config.train.batchSize, signal: waitingSignal(signal) };
  const measured = {
    metrics: await evaluate(modelPredictor(model), { ...data, world: among?.world }),
    baselines: await trivialBaselines(training, data),
    badSamples: { train: training.badSamples, val: val.badSamples },
  };
  folder.writeJson('metrics.json', { split: 'val', ...measured });
  return { ...measured, run: folder.path };
}

function stopped(folder: RunFolder, named: string): MtlError {
  const message = existsSync(folder.last)
    ? `Stopped and saved; go on with: mtl train --resume --run ${named}`
    : 'Stopped before there was anything to save';
  return new MtlError('INTERRUPTED', message);
}

interface TrainerParts extends Moving {
  readonly train: Loader;
  readonly val: Loader;
  readonly folder: RunFolder;
  readonly writer: CheckpointWriter;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: EventListener;
  readonly onPredictions: TrainerArgs['onPredictions'];
}

function makeTrainer(
  { config, tasks, model, consistency }: Session,
  { folder, writer, ...rest }: TrainerParts,
): Trainer {
  const { keepEvery } = config.train;
  const trainer = new Trainer({
    settings: config.train,
    tasks,
    model,
    consistency,
    ...rest,
    onTrouble: (trouble) => writeProblem(folder.path, trouble),
    save: (parts, best) => {
      folder.assertThere();
      const { step } = trainer.progress;
      const isKept = keepEvery !== null && step > 0 && step % keepEvery === 0;
      const places: Places = {
        file: folder.last,
        previous: folder.previous,
        kept: isKept ? folder.kept(step) : undefined,
        best: best ? folder.best : undefined,
      };
      return writer.save(places, parts);
    },
  });
  return trainer;
}

const beforeTheFirstStep: ReadonlySet<TrainingEvent['type']> = new Set([
  'note',
  'start',
  'observing',
  'badSample',
]);

/** Something that a run is written down in. */
interface Records {
  append(event: TrainingEvent): void;
}

/** Writes events down and passes them on. The first one after the start calls `begin`; until then nothing is written. */
function recorder(
  records: readonly Records[],
  listener: EventListener | undefined,
  begin: () => void,
): EventListener {
  let waiting: TrainingEvent[] | undefined = [];
  return (event) => {
    if (waiting && beforeTheFirstStep.has(event.type)) waiting.push(event);
    else {
      if (waiting) begin();
      for (const known of [...(waiting ?? []), event]) for (const record of records) record.append(known);
      waiting = undefined;
    }
    listener?.(event);
  };
}
