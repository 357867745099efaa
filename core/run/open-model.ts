import type { Engine, Task } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import type { Model } from '../model/index.js';
import { tokens, type DataInfo } from '../registry/index.js';
import { readCheckpoint, restoreCheckpoint, type Checkpoint } from '../training/checkpoint.js';
import { buildModel } from './build-model.js';
import { makeTasks, runContainer } from './data.js';
import { startEngine } from './engines.js';
import { RunFolder } from './folder.js';

/** Which of a run's models is opened. */
export interface OpenModelOptions {
  /** The run's folder. */
  readonly folder: string;
  /** The best model (default) or the last one. */
  readonly checkpoint?: 'best' | 'last';
}

/** A run's model, ready to predict. */
export interface TrainedModel {
  readonly engine: Engine;
  readonly model: Model;
  readonly tasks: readonly Task[];
  /** What it was trained on: the size of its images, and what the labels mean. */
  readonly data: DataInfo;
  /** Frees the model. */
  dispose(): void;
}

/** A run's model as it is stored. */
export interface SavedModel {
  readonly data: DataInfo;
  readonly checkpoint: Checkpoint;
}

/**
 * A run's trained model, without the data that it was trained on: they need not be there.
 * @param loaded the run's config, see `loadRunConfig`
 * @throws MtlError `RUN_INVALID`, `CHECKPOINT_INVALID`; whatever a part has to complain about
 */
export async function openModel(loaded: LoadedConfig, options: OpenModelOptions): Promise<TrainedModel> {
  const saved = readSavedModel(options);
  const engine = await startEngine({ ...loaded, engine: loaded.config.engine }, runContainer(loaded));
  const { model, tasks } = restoreModel(loaded, saved);
  return { engine, model, tasks, data: saved.data, dispose: () => model.dispose() };
}

/** Reads it, without an engine. @throws MtlError `RUN_INVALID`, `CHECKPOINT_INVALID` */
export function readSavedModel({ folder: path, checkpoint = 'best' }: OpenModelOptions): SavedModel {
  const folder = new RunFolder(path);
  const { data } = folder.readConfig();
  return { data, checkpoint: readCheckpoint(folder[checkpoint]) };
}

/**
 * Builds it on the engine that is active.
 * @param loaded the run's config
 */
export function restoreModel(
  loaded: LoadedConfig,
  { data, checkpoint }: SavedModel,
): Pick<TrainedModel, 'model' | 'tasks'> {
  const tasks = makeTasks(loaded, data);
  const deps = runContainer(loaded).provide(tokens.data, data);
  const model = buildModel(loaded, deps, { tasks, initialize: false });
  try {
    restoreCheckpoint(checkpoint, { model });
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, tasks };
}
