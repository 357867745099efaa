/** The public surface of crosstask: what programs and plugins may use. */
export * from './config/index.js';
export * from './contracts/index.js';
export { KeptTensors } from './contracts/kept-tensors.js';
export { restoreVariables } from './contracts/restore.js';
export * from './data/index.js';
export * from './errors.js';
export * from './evaluation/index.js';
export { writeAtomically } from './io/atomic-write.js';
export { checkRegularFile, readRegularFile, readRegularFileSync } from './io/read-file.js';
export { encodeSafetensors, parseSafetensors, type HostTensor, type Safetensors } from './io/safetensors.js';
export { writePicture } from './io/picture.js';
export * from './layers/index.js';
export * from './model/index.js';
export * from './objective/index.js';
export { Random } from './random.js';
export * from './registry/index.js';
export * from './run/index.js';
export * from './training/index.js';
