import * as tf from '@tensorflow/tfjs';
import type { KernelReport } from '../../../../core/index.js';
import { dtypes, type NativeDtype } from '../addon.js';
import type { TorchBackend } from '../backend.js';
import { arithmeticKernels } from './arithmetic.js';
import { convolutionKernels } from './convolution.js';
import { fallBack, fallbackCount } from './fallback.js';
import { imageKernels } from './images.js';
import type { Call, OwnKernel } from './kernel.js';
import { networkKernels } from './networks.js';
import { reductionKernels } from './reductions.js';
import { shapeKernels } from './shapes.js';
import { unaryKernels } from './unary.js';

export { registerTorchGradients } from './gradients.js';

const backendName = 'torch';

/** Every kernel that the addon computes. */
export const ownKernels: readonly OwnKernel[] = [
  ...arithmeticKernels,
  ...convolutionKernels,
  ...imageKernels,
  ...networkKernels,
  ...reductionKernels,
  ...shapeKernels,
  ...unaryKernels,
];

/** Registers the engine's kernels, and for all others that tfjs has the plain JavaScript ones. */
export function registerTorchKernels(): void {
  for (const kernel of ownKernels) {
    register(kernel.name, (params) => {
      const call = params as unknown as Call;
      return hasNativeInputs(call) && (kernel.accepts?.(call) ?? true)
        ? kernel.run(call)
        : fallBack(kernel.name, params, call.backend);
    });
  }
  for (const name of javascriptKernels()) {
    register(name, (params) => fallBack(name, params, params.backend as TorchBackend));
  }
}

/** What the engine has, and how often each kernel was left to JavaScript, those that it lacks among them. */
export function reportKernels(): KernelReport {
  const names = [
    ...javascriptKernels(),
    ...ownKernels.map(({ name }) => name).filter(fallbackCount),
  ].toSorted();
  return {
    own: ownKernels.length,
    fallbacks: Object.fromEntries(names.map((name) => [name, fallbackCount(name)])),
  };
}

/** The kernels that tfjs has and the engine has not. */
function javascriptKernels(): string[] {
  const own = new Set(ownKernels.map(({ name }) => name));
  return tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => !own.has(name));
}

function register(kernelName: string, kernelFunc: tf.KernelFunc): void {
  tf.registerKernel({ kernelName, backendName, kernelFunc });
}

/** Text and complex numbers are JavaScript's. */
function hasNativeInputs({ inputs }: Call): boolean {
  for (const key in inputs) {
    const info = inputs[key];
    // Absent inputs of fused kernels are null or undefined.
    if (info && !dtypes.includes(info.dtype as NativeDtype)) return false;
  }
  return true;
}
