/** The public surface of crosstask: what programs and plugins may use. */
export * from './contracts/index.js';
export * from './errors.js';
export { Random } from './random.js';
export * from './registry/index.js';
export { encodeSafetensors, parseSafetensors, type HostTensor, type Safetensors } from './io/safetensors.js';
export * from './layers/index.js';
export * from './data/index.js';
export * from './objective/index.js';
export { Tape, type Seed } from './training/tape.js';
export { TapeProblem, type ProblemArgs } from './training/problem.js';
export { restoreVariables } from './contracts/restore.js';
export * from './model/index.js';
