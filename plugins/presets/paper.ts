import type { Preset } from '../../core/index.js';

/** The paper's models (§V-D): what they share, and the consistency between their tasks. */
const models = {
  'st-net': { architecture: 'single', consistency: null, weighter: 'equal' },
  'mt-net': { architecture: 'shared', consistency: null, weighter: 'uncertainty' },
  'align-net': {
    architecture: 'shared',
    consistency: { loss: 'align', transferNet: 'ttnet', edges: 'all' },
    weighter: 'uncertainty',
  },
  'xtasc-net': {
    architecture: 'shared',
    consistency: { loss: 'xtc', transferNet: 'ttnet', edges: 'all' },
    weighter: 'uncertainty',
  },
} as const satisfies Record<string, Preset>;

/** The paper's training protocols (§V-C): λ, and what stands under `train`. */
const protocols = {
  cityscapes: { lambda: 0.01, epochs: 250, batchSize: 8, halvedEvery: 80 },
  nyuv2: { lambda: 0.0001, epochs: 100, batchSize: 6, halvedEvery: 60 },
} as const;

function preset(model: keyof typeof models, protocol: keyof typeof protocols): Preset {
  const { consistency, ...network } = models[model];
  const { lambda, epochs, batchSize, halvedEvery } = protocols[protocol];
  return {
    dataset: { name: 'scenes' },
    tasks: { segmentation: {}, depth: {} },
    backbone: { name: 'resnet34' },
    ...network,
    consistency: consistency && { ...consistency, lambda },
    train: {
      epochs,
      batchSize,
      optimizer: { name: 'adam', lr: 1e-4, betas: [0.9, 0.99] },
      schedule: { name: 'step', every: halvedEvery, factor: 0.5 },
      augment: { flip: 0.5, scales: [1, 1.2, 1.5] },
    },
  };
}

/**
 * `st-net`, `mt-net`, `align-net`, `xtasc-net` with the Cityscapes protocol, and `…-nyuv2` with NYUv2's. The data are
 * the embedded scenes until a config names others.
 */
export const paperPresets: Readonly<Record<string, Preset>> = Object.fromEntries(
  (Object.keys(models) as (keyof typeof models)[]).flatMap((model) => [
    [model, preset(model, 'cityscapes')],
    [`${model}-nyuv2`, preset(model, 'nyuv2')],
  ]),
);
