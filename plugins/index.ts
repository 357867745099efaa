/** The built-in plugins: each part by itself, for programs (`createPart(wasm)`), and all as one plugin like anybody else's. */
import { definePlugin } from '../core/index.js';
import { adamt, crossStitch, dense, mtan, shared, single, split, stan } from './architectures/index.js';
import { kd4mtl } from './auxiliaries/index.js';
import { resnets, segnet } from './backbones/index.js';
import { cityscapes, exporters, folders, mixed, nyuv2, scenes } from './datasets/index.js';
import { tensorflow, torch, wasm, webgpu } from './engines/index.js';
import {
  align,
  balancedBce,
  cosine,
  crossEntropy,
  l1,
  logL1,
  mse,
  smoothL1,
  ssim,
  xtc,
} from './losses/index.js';
import { metrics } from './metrics/index.js';
import { optimizers } from './optimizers/index.js';
import { paperComparisons, paperPresets, peerPresets } from './presets/index.js';
import {
  classification,
  depth,
  edges,
  normals,
  reconstruction,
  regression,
  segmentation,
} from './tasks/index.js';
import { ttnet } from './transfer-nets/index.js';
import { weighters } from './weighters/index.js';

export * from './architectures/index.js';
export * from './auxiliaries/index.js';
export * from './backbones/index.js';
export * from './datasets/index.js';
export * from './engines/index.js';
export * from './losses/index.js';
export * from './metrics/index.js';
export * from './optimizers/index.js';
export * from './tasks/index.js';
export * from './transfer-nets/index.js';
export * from './weighters/index.js';

/** All that crosstask brings, as the plugin that programs hand to `loadConfig`. */
export const builtin = definePlugin({
  name: 'crosstask',
  module: import.meta.url,
  presets: { ...paperPresets, ...peerPresets },
  comparisons: paperComparisons,
  tasks: { segmentation, depth, normals, edges, reconstruction, classification, regression },
  backbones: { ...resnets, segnet },
  architectures: { shared, single, split, mtan, stan, dense, 'cross-stitch': crossStitch, adamt },
  auxiliaries: { kd4mtl },
  transferNets: { ttnet },
  losses: { xtc, align, crossEntropy, l1, mse, logL1, smoothL1, ssim, cosine, balancedBce },
  weighters,
  optimizers,
  datasets: { scenes, folders, cityscapes, nyuv2, mixed },
  exporters,
  engines: { tensorflow, torch, wasm, webgpu },
  metrics,
});

export default builtin;
