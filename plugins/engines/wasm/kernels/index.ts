import * as tf from '@tensorflow/tfjs';
// Its own kernels have to be there first, or they would replace ours.
import '@tensorflow/tfjs-backend-wasm';
import { avgPoolGrad } from './avg-pool-grad.js';
import { channelMean, channelSum, isOverLeadingAxes } from './channel-means.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2DBackpropInput } from './conv2d-backprop-input.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { maxPoolGrad } from './max-pool-grad.js';
import { halfPixelBilinearGrad } from './resize-bilinear-grad.js';
import { resizeNearestNeighborGrad } from './resize-nearest-neighbor-grad.js';

/** What the wasm backend lacks for training, gets wrong or does slowly. */
const kernels: readonly tf.KernelConfig[] = [
  avgPoolGrad,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  maxPoolGrad,
  resizeNearestNeighborGrad,
];

type KernelParams = Parameters<tf.KernelFunc>[0];

let registered = false;

/** Puts this engine's kernels in the place of the backend's own; a second call changes nothing. */
export function registerWasmKernels(): void {
  if (registered) return;
  kernels.forEach(replace);
  replace(onlyWhere(isOverLeadingAxes, channelMean));
  replace(onlyWhere(isOverLeadingAxes, channelSum));
  // The backend's own is right, and faster, for the two other conventions.
  replace(onlyWhere(({ attrs }) => attrs?.halfPixelCenters === true, halfPixelBilinearGrad));
  registered = true;
}

function replace(kernel: tf.KernelConfig): void {
  const { kernelName, backendName } = kernel;
  if (stockKernel(kernel)) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(kernel);
}

/** What the backend itself brings under a kernel's name, if anything. */
function stockKernel({ kernelName, backendName }: tf.KernelConfig): tf.KernelConfig | undefined {
  // The type promises a kernel; the registry gives undefined for an unknown one.
  return tf.getKernel(kernelName, backendName);
}

/** Our kernel where the operation asks for it, the backend's own for the rest. */
function onlyWhere(asksForIt: (params: KernelParams) => boolean, kernel: tf.KernelConfig): tf.KernelConfig {
  const stock = stockKernel(kernel);
  if (!stock) return kernel;
  return { ...stock, kernelFunc: (params) => (asksForIt(params) ? kernel : stock).kernelFunc(params) };
}
