/** Tensors beside golden values. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import type { StoredTensor } from './values.js';

type Numbers = ArrayLike<number>;

export function tensorOf({ data, shape }: StoredTensor): tf.Tensor {
  return tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
}

/** √Σ v², in double precision. */
export function normOf(values: Numbers): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}

/** ‖found − wanted‖ */
export function distance(found: Numbers, wanted: Numbers): number {
  expect(found.length, 'number of values').to.equal(wanted.length);
  return normOf(Array.from(found, (value, index) => value - wanted[index]!));
}

/** ‖found − wanted‖ / ‖wanted‖; of values that should be 0, ‖found‖. */
export function relativeError(found: Numbers, wanted: Numbers): number {
  const scale = normOf(wanted);
  return distance(found, wanted) / (scale > 0 ? scale : 1);
}

/** Expects the values and the shape of a stored tensor, up to a relative error. */
export function expectTensor(
  found: tf.Tensor,
  wanted: StoredTensor,
  tolerance: number,
  what = 'values',
): void {
  expect(found.shape, `shape of ${what}`).to.deep.equal(wanted.shape);
  expect(relativeError(found.dataSync(), wanted.data), `relative error of ${what}`).to.be.at.most(tolerance);
}
