export { align } from './align.js';
export { balancedBce } from './balanced-bce.js';
export { cosine } from './cosine.js';
export { crossEntropy } from './cross-entropy.js';
export { l1, logL1, mse, smoothL1 } from './depth.js';
export { ssim } from './ssim.js';
export { xtc } from './xtc.js';
