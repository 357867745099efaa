import { loadComparison, type Fragment, type LoadedComparison } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { tiny } from '../run/tiny.js';

const { engine, dataset, backbone, consistency, train } = tiny;

/** Two models, so small that a training takes a second, over two seeds. */
export const tinyComparison = {
  title: 'Two & more_models',
  base: {
    engine,
    dataset,
    backbone,
    architecture: { decoderChannels: 2 },
    consistency,
    train: { ...train, checkpointEvery: 1 },
  },
  axes: { model: { single: { extends: 'st-net' }, 'XTasC-Net': { extends: 'xtasc-net' } } },
  seeds: [3, 5],
  baseline: 'single',
  metrics: [
    { metric: 'segmentation.miou.perImage', label: 'mIoU', percent: true },
    'segmentation.pixelAccuracy',
    'depth.absolute',
  ],
};

export function loadTiny(changes: Fragment = {}, ...overrides: string[]): Promise<LoadedComparison> {
  return loadComparison({ plugins: [builtin], comparison: { ...tinyComparison, ...changes }, overrides });
}
