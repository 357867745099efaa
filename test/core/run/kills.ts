import type { LoadedConfig } from '../../../core/index.js';
import { load } from './tiny.js';

/** A run of many steps, with a checkpoint after each, so that a kill often falls into one's writing. */
export function killed(...overrides: readonly string[]): Promise<LoadedConfig> {
  return load(
    'consistency=null',
    'dataset.train=12',
    'train.epochs=8',
    'train.checkpointEvery=1',
    'loader.workers=0',
    ...overrides,
  );
}
