export { align } from './align.js';
export { crossEntropy } from './cross-entropy.js';
export { l1, logL1, mse, smoothL1 } from './depth.js';
export { ssim } from './ssim.js';
export { xtc } from './xtc.js';
