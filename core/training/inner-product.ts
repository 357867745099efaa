import * as tf from '@tensorflow/tfjs';

/**
 * ⟨a, b⟩ over all values of two tensors of one shape. In two stages: a backend that adds one float32 after the other
 * (wasm does) is off by nearly a percent over the millions of values of a large kernel.
 */
export function innerProduct(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const products = tf.mul(a, b);
    return tf.sum(products.rank > 1 ? tf.sum(products, -1) : products);
  });
}
