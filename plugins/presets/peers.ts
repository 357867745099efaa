import type { Preset } from '../../core/index.js';

/**
 * The systems of the paper's Tables II and IV on SegNet, with the weighting that the table marks for Cityscapes and for NYUv2.
 * PCGrad there trains MTAN (it has MTAN's parameters), on equally weighted losses for Cityscapes and on uncertainty's for NYUv2.
 */
const models = {
  stan: { architecture: 'stan', weighters: ['equal', 'equal'] },
  dense: { architecture: 'dense', weighters: ['uncertainty', 'dwa'] },
  'cross-stitch': {
    architecture: { name: 'cross-stitch', unit: 'sum' },
    weighters: ['uncertainty', 'dwa'],
  },
  mtan: { architecture: 'mtan', weighters: ['equal', 'dwa'] },
  pcgrad: {
    architecture: 'mtan',
    weighters: ['pcgrad', { name: 'pcgrad', losses: 'uncertainty' }],
    // As the authors ran it.
    schedule: { name: 'constant' },
  },
  // On equally weighted losses on both. Its teachers are the user's to name.
  kd4mtl: { architecture: 'mtan', weighters: ['equal', 'equal'], auxiliary: ['kd4mtl'] },
} as const;

/** Liu et al. 2019's protocol, which the paper's comparison keeps to. */
function preset(model: keyof typeof models, dataset: 0 | 1): Preset {
  const { architecture, weighters, auxiliary, ...train } = { auxiliary: [], ...models[model] };
  return {
    dataset: { name: 'scenes' },
    tasks: { segmentation: {}, depth: {} },
    backbone: { name: 'segnet' },
    architecture,
    consistency: null,
    auxiliary,
    weighter: weighters[dataset],
    train: {
      epochs: 200,
      batchSize: 2,
      optimizer: { name: 'adam', lr: 1e-4 },
      schedule: { name: 'step', every: 100, factor: 0.5 },
      augment: { flip: 0.5, scales: [1, 1.2, 1.5] },
      ...train,
    },
  };
}

/** `stan`, `dense`, `cross-stitch`, `mtan`, `pcgrad`, `kd4mtl` with their weighting on Cityscapes, and `…-nyuv2` with that on NYUv2. */
export const peerPresets: Readonly<Record<string, Preset>> = Object.fromEntries(
  (Object.keys(models) as (keyof typeof models)[]).flatMap((model) => [
    [model, preset(model, 0)],
    [`${model}-nyuv2`, preset(model, 1)],
  ]),
);
