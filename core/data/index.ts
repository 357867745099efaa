export { augment, type AugmentOptions } from './augment.js';
export { collate, imageMean, imageStd, type HostBatch, type HostBatchTarget } from './collate.js';
export { batchCount, batches, type BatchesOptions } from './loader.js';
export { resizeBilinear, resizeNearest, type Box } from './resize.js';
