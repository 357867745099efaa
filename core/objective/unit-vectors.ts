import * as tf from '@tensorflow/tfjs';

/** Shorter vectors are divided by this instead of their length. */
const shortest = 1e-6;

/**
 * Every pixel's channels as a vector of length 1: n = x / max(‖x‖, ε), one node on the tape. As PyTorch's
 * `F.normalize` over the channels, but ε is 1e-6 rather than 1e-12, so that the gradient at the zero vector, dy/ε, is
 * a number that the optimizer survives. Gradient elsewhere: (dy − n⟨n, dy⟩)/‖x‖.
 * @param x [batch, height, width, channels]
 */
export function unitVectors(x: tf.Tensor4D): tf.Tensor4D {
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [vectors, save] = args as [tf.Tensor4D, tf.GradSaveFunc];
    const lengths = tf.sqrt(tf.sum(tf.square(vectors), 3, true));
    const divisors = tf.maximum(lengths, shortest);
    const units: tf.Tensor4D = tf.div(vectors, divisors);
    // A divisor that is not the length does not change with it.
    const follows = tf.cast(tf.greater(lengths, shortest), 'float32');
    save([units, divisors, follows]);
    return {
      value: units,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [n, divisor, moving] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
        const along = tf.mul(tf.sum(tf.mul(n, dy), 3, true), moving);
        return tf.div(tf.sub(dy, tf.mul(n, along)), divisor);
      },
    };
  })(x);
}
