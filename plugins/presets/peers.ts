import type { PartSpec, Preset } from '../../core/index.js';

/** One for Cityscapes, one for NYUv2. */
type Both<T> = readonly [T, T];

interface Peer {
  readonly architecture: PartSpec;
  readonly weighters: Both<PartSpec>;
  /** Where the authors' training is another than Liu et al.'s. */
  readonly batchSizes?: Both<number>;
  readonly schedule?: { readonly name: 'constant' };
  readonly auxiliary?: readonly PartSpec[];
}

/**
 * The systems of the paper's Tables II and IV, with the weighting that the table marks for Cityscapes and for NYUv2.
 * PCGrad there trains MTAN (it has MTAN's parameters), on equally weighted losses for Cityscapes and on uncertainty's for NYUv2.
 * PCGrad and AdaMT-Net were trained at one rate throughout, AdaMT-Net in larger batches.
 */
const models: Readonly<Record<string, Peer>> = {
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
    schedule: { name: 'constant' },
  },
  'adamt-net': {
    architecture: 'adamt',
    weighters: ['adamt', 'adamt'],
    batchSizes: [8, 4],
    schedule: { name: 'constant' },
  },
  // Its teachers are the user's to name.
  kd4mtl: { architecture: 'mtan', weighters: ['equal', 'equal'], auxiliary: ['kd4mtl'] },
};

/** Liu et al. 2019's protocol, which the paper's comparison keeps to. AdaMT-Net makes no use of the backbone. */
function preset(
  { architecture, weighters, batchSizes, schedule, auxiliary = [] }: Peer,
  dataset: 0 | 1,
): Preset {
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
      batchSize: batchSizes?.[dataset] ?? 2,
      optimizer: { name: 'adam', lr: 1e-4 },
      schedule: schedule ?? { name: 'step', every: 100, factor: 0.5 },
      augment: { flip: 0.5, scales: [1, 1.2, 1.5] },
    },
  };
}

/**
 * `stan`, `dense`, `cross-stitch`, `mtan`, `pcgrad`, `adamt-net`, `kd4mtl` with their weighting on Cityscapes, and `…-nyuv2` with that
 * on NYUv2.
 */
export const peerPresets: Readonly<Record<string, Preset>> = Object.fromEntries(
  Object.entries(models).flatMap(([model, peer]) => [
    [model, preset(peer, 0)],
    [`${model}-nyuv2`, preset(peer, 1)],
  ]),
);
