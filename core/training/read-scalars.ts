import * as tf from '@tensorflow/tfjs';
import { meanOverRanks } from '../world/current.js';

/**
 * Several scalars as numbers, in one read: each one waits for the engine.
 * @param make computes them, as inside `tf.tidy`
 * @param overRanks whether their means over the ranks are read, which is the same where this process trains alone
 */
export async function readScalars(make: () => readonly tf.Tensor[], overRanks = false): Promise<number[]> {
  const stacked = tf.tidy(() => {
    const own = tf.stack([...make()]);
    return overRanks ? meanOverRanks(own) : own;
  });
  const values = await stacked.data();
  stacked.dispose();
  return [...values];
}
