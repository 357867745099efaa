import { loadConfig, type Environment, type LoadedConfig, type TrainingEvent } from '../../../core/index.js';
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

/** As a run writes it down. */
export const environment: Environment = {
  crosstask: '1.2.3',
  node: 'v20.0.0',
  platform: 'linux x64',
  processor: { model: 'a processor', cores: 2 },
  memory: 8,
  tensorflow: '4.22.0',
  engine: 'wasm',
  engineDetail: '2 threads',
  seed: 0,
  started: '2026-03-01T09:30:00.000Z',
};
