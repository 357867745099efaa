export { augment, type AugmentOptions } from './augment.js';
export { BadSamples, type BadSample, type BadSamplePolicy } from './bad-samples.js';
export { batchImages } from './batch-images.js';
export { collate, separate, type HostBatch, type HostBatchTarget } from './collate.js';
export { DiskCache } from './disk-cache.js';
export {
  Loader,
  type BatchesOptions,
  type ExampleSource,
  type LoaderSettings,
  type Variation,
} from './loader.js';
export { imageMean, imageStd, prepare, type Example, type ExampleTarget } from './prepare.js';
export { Reader, type ReaderArgs } from './reader.js';
export { resizeBilinear, resizeNearest, within, type Box } from './resize.js';
export * from './inspect/index.js';
