import * as tf from '@tensorflow/tfjs';

/**
 * Several scalars as numbers, in one read: each one waits for the engine.
 * @param make computes them, as inside `tf.tidy`
 */
export async function readScalars(make: () => readonly tf.Tensor[]): Promise<number[]> {
  const stacked = tf.tidy(() => tf.stack([...make()]));
  const values = await stacked.data();
  stacked.dispose();
  return [...values];
}
