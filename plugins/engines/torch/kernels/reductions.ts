import * as tf from '@tensorflow/tfjs';
import { own, type Info, type OwnKernel } from './kernel.js';

interface X {
  readonly x: Info;
}

/** Along several axes: the attribute that names them, by kernel. */
const alongAxes = {
  Sum: 'axis',
  Mean: 'axis',
  Max: 'reductionIndices',
  Min: 'axis',
  Prod: 'axis',
  Any: 'axis',
  All: 'axis',
} as const;

/** Along axes. */
export const reductionKernels: readonly OwnKernel[] = [
  ...Object.entries(alongAxes).map(([name, attribute]) =>
    own<X, Readonly<Record<string, number | number[]>> & { keepDims?: boolean }>(
      name,
      ({ inputs: { x }, attrs, backend }) => {
        const axes = tf.util.parseAxisParam(attrs[attribute]!, x.shape);
        return backend.one(name.toLowerCase(), backend.slot(x), axes, attrs.keepDims ?? false);
      },
      ({ inputs: { x } }) => tf.util.sizeFromShape(x.shape) > 0,
    ),
  ),
  ...(['ArgMax', 'ArgMin'] as const).map((name) =>
    own<X, { axis: number }>(name, ({ inputs: { x }, attrs, backend }) => {
      const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
      return backend.one(name === 'ArgMax' ? 'argMax' : 'argMin', backend.slot(x), axis!);
    }),
  ),
  ...(['Cumsum', 'Cumprod'] as const).map((name) =>
    own<X, { axis: number; exclusive: boolean; reverse: boolean }>(
      name,
      ({ inputs: { x }, attrs, backend }) => {
        const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
        return backend.one(name.toLowerCase(), backend.slot(x), axis!, attrs.exclusive, attrs.reverse);
      },
    ),
  ),
  own<{ a: Info; b: Info }>('InnerProduct', ({ inputs: { a, b }, backend }) =>
    backend.one('innerProduct', backend.slot(a), backend.slot(b)),
  ),
  own<{ logits: Info }, { dim: number }>('Softmax', ({ inputs: { logits }, attrs, backend }) =>
    backend.one('softmax', backend.slot(logits), attrs.dim),
  ),
  own<{ logits: Info }, { axis: number }>('LogSoftmax', ({ inputs: { logits }, attrs, backend }) =>
    backend.one('logSoftmax', backend.slot(logits), attrs.axis),
  ),
];
