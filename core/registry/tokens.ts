import type { LabelInfo, OpenFrozenModel, Size } from '../contracts/index.js';
import type { Registry } from './registry.js';
import { createToken } from './deps.js';

/** What the run's dataset gives: the tasks are built on it. */
export interface DataInfo {
  readonly size: Size;
  readonly labels: Readonly<Record<string, LabelInfo>>;
}

/** What a run offers to its plugins. */
export const tokens = {
  /** Every run: makes parts by name, e.g. a task its metrics. */
  registry: createToken<Registry>('the registry'),
  /** Every run: the folder that relative paths in the config start from. */
  baseFolder: createToken<string>('the base folder'),
  /** Every run. */
  seed: createToken<number>('the seed'),
  /** After the dataset is made: for tasks and their losses. */
  data: createToken<DataInfo>('the data set’s description'),
  /** For a task: the name that it has in this run. */
  taskName: createToken<string>('the task’s name'),
  /** For an auxiliary's `setup`: opens other runs' trained models. */
  openFrozenModel: createToken<OpenFrozenModel>('trained models of other runs'),
} as const;
