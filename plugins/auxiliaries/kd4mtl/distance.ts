import * as tf from '@tensorflow/tfjs';
import { maskedMean } from '../../../core/index.js';

/** Added to a squared length, as published. */
const epsilon = 1e-6;

/** Every pixel's channels over their length: x / √(Σ_c x² + 1e-6). @param x [batch, height, width, channels] */
export function units(x: tf.Tensor4D): tf.Tensor4D {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 3, true), epsilon)));
}

/** Squared distance of two pixels' channels, mean over all pixels of all images; 0–4 for units. */
export function distance(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  const apart = tf.sum<tf.Tensor4D>(tf.squaredDifference(a, b), 3, true);
  // All pixels count; among several ranks, those of all.
  return maskedMean(apart, tf.onesLike(apart));
}
