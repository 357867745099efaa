import type { Engine, Task } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import type { Model } from '../model/index.js';
import { tokens, type DataInfo } from '../registry/index.js';
import { readCheckpoint, restoreCheckpoint } from '../training/checkpoint.js';
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

/**
 * A run's trained model, without the data that it was trained on: they need not be there.
 * @param loaded the run's config, see `loadRunConfig`
 * @throws MtlError `RUN_INVALID`, `CHECKPOINT_INVALID`; whatever a part has to complain about
 */
export async function openModel(
  loaded: LoadedConfig,
  { folder: path, checkpoint = 'best' }: OpenModelOptions,
): Promise<TrainedModel> {
  const folder = new RunFolder(path);
  const { data } = folder.readConfig();
  const saved = readCheckpoint(folder[checkpoint]);
  const deps = runContainer(loaded).provide(tokens.data, data);
  const engine = await startEngine({ ...loaded, engine: loaded.config.engine }, deps);
  const tasks = makeTasks(loaded, data);
  const model = buildModel(loaded, deps, { tasks, initialize: false });
  try {
    restoreCheckpoint(saved, { model });
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { engine, model, tasks, data, dispose: () => model.dispose() };
}
