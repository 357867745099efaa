import * as tf from '@tensorflow/tfjs';
import { input, wasmKernel } from './heap.js';

interface Attrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

type Params = Parameters<tf.KernelFunc>[0];

/** Below this size the call of one stock kernel is the cheaper way. */
const fewNumbers = 4096;

/** Whether leading axes of a large tensor are reduced and some trailing ones stay: batch and place, say, but not channels. */
export function isOverLeadingAxes({ inputs, attrs }: Params): boolean {
  const { x } = inputs;
  if (!x || x.dtype !== 'float32' || tf.util.sizeFromShape(x.shape) < fewNumbers) return false;
  const axes = axesOf(attrs as unknown as Attrs, x.shape);
  return axes.length > 0 && axes.length < x.shape.length && axes.every((axis, index) => axis === index);
}

/** See `meanOverLeadingAxes`; for reductions that `isOverLeadingAxes`. */
export const channelMean = wasmKernel<Attrs>('Mean', (inputs, attrs) => {
  const x = input(inputs, 'x');
  return meanOverLeadingAxes(x, attrs).reshape(reducedShape(x, attrs));
});

/** As `channelMean`. */
export const channelSum = wasmKernel<Attrs>('Sum', (inputs, attrs) => {
  const x = input(inputs, 'x');
  const mean = meanOverLeadingAxes(x, attrs);
  return tf.mul(mean, x.size / mean.size).reshape(reducedShape(x, attrs));
});

/**
 * As average poolings, first over the last of the axes, then over the rest: they read the values in order, four channels
 * at a time, where the stock reductions first transpose. The sums in two steps also lose fewer digits.
 */
function meanOverLeadingAxes(x: tf.Tensor, attrs: Attrs): tf.Tensor {
  const count = axesOf(attrs, x.shape).length;
  const width = x.shape[count - 1] ?? 1;
  const height = tf.util.sizeFromShape(x.shape.slice(0, count - 1));
  const channels = tf.util.sizeFromShape(x.shape.slice(count));
  const lines = tf.avgPool(x.reshape<tf.Tensor4D>([1, height, width, channels]), [1, width], 1, 'valid');
  return tf.avgPool(lines, [height, 1], 1, 'valid');
}

function reducedShape(x: tf.Tensor, attrs: Attrs): number[] {
  const axes = axesOf(attrs, x.shape);
  return attrs.keepDims
    ? x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : x.shape.slice(axes.length);
}

function axesOf({ axis }: Attrs, shape: readonly number[]): number[] {
  return tf.util.parseAxisParam(axis, [...shape]).sort((a, b) => a - b);
}
