import * as tf from '@tensorflow/tfjs';
import type { NamedGradients } from '../contracts/index.js';
import { fused } from '../layers/index.js';
import { readScalars } from './read-scalars.js';

/**
 * ⟨a, b⟩ over all values of two tensors of one shape. Axis by axis: a backend that adds one float32 after the other (wasm
 * does) is off by nearly a percent over the millions of values of a large kernel, and by 1e-6 where only the last axis is
 * summed apart.
 */
export function innerProduct(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  const [product] = fused('InnerProduct', { a, b }) ?? [];
  if (product) return product as tf.Scalar;
  return tf.tidy(() => {
    let sums = tf.mul(a, b);
    while (sums.rank > 0) sums = tf.sum(sums, -1);
    return sums as tf.Scalar;
  });
}

/**
 * ⟨a, b⟩ of each pair, over all names that both have.
 * @returns numbers, read from the engine at once
 */
export function innerProducts(
  pairs: readonly (readonly [NamedGradients, NamedGradients])[],
): Promise<readonly number[]> {
  return readScalars(() => pairs.map(([a, b]) => overAll(a, b)));
}

function overAll(a: NamedGradients, b: NamedGradients): tf.Scalar {
  return tf.tidy(() => {
    const parts = Object.keys(a).flatMap((name) => (b[name] ? [innerProduct(a[name]!, b[name])] : []));
    return parts.length > 0 ? tf.addN(parts) : tf.scalar(0);
  });
}
