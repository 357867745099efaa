export { AddRelu } from './add-relu.js';
export { BatchNorm, keepingStatistics, type BatchNormArgs } from './batch-norm.js';
export { convNorm, convNormLayers, type ConvNormArgs } from './conv-norm.js';
export { Conv2d, type Conv2dArgs } from './conv2d.js';
export { fused, hasFused, reluGrad, type FusedKernels } from './fused.js';
export { IndexedMaxPool2d, MaxUnpool2d } from './indexed-max-pool2d.js';
export {
  heNormalFanOut,
  initialize,
  namedWeights,
  xavierNormal,
  type Distribution,
  type KernelScale,
} from './initialize.js';
export { MaxPool2d, type MaxPool2dArgs } from './max-pool2d.js';
export { residualBlock, type ResidualBlockArgs } from './residual-block.js';
export { Upsample2d, type Upsample2dArgs } from './upsample2d.js';
