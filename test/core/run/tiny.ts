import { loadConfig, type LoadedConfig, type TrainingEvent } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';

/** A network and a data set so small that a step takes some hundredths of a second. */
export const tiny = {
  extends: 'xtasc-net',
  engine: { name: 'wasm', threads: 1 },
  dataset: { name: 'scenes', size: [32, 32], train: 4, val: 2, test: 2, labels: ['segmentation', 'depth'] },
  backbone: { name: 'resnet18', width: 2 },
  architecture: { name: 'shared', decoderChannels: 2 },
  consistency: { transferNet: { name: 'ttnet', channels: 2 } },
  train: { epochs: 2, batchSize: 2, optimizer: { name: 'adam', lr: 0.001 } },
};

/** The tiny config with `key.path=value` on top. */
export function load(...overrides: string[]): Promise<LoadedConfig> {
  return loadConfig({ plugins: [builtin], config: tiny, overrides });
}

/** An event without what depends on the clock. */
export function timeless(event: TrainingEvent): object {
  return { ...event, imagesPerSecond: undefined, waiting: undefined };
}
