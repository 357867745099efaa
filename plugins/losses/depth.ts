import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { definePart, maskedMean, type Loss } from '../../core/index.js';

const options = z.strictObject({
  reduction: z
    .enum(['batch', 'image'])
    .default('batch')
    .describe('Mean over all valid pixels of the batch, or per image first and then over the images.'),
});

/** A loss of the difference d = prediction − target, per pixel. */
function differenceLoss(description: string, perPixel: (difference: tf.Tensor4D) => tf.Tensor4D) {
  return definePart({
    description,
    options,
    create: ({ reduction }): Loss => ({
      role: 'prediction',
      compute: (prediction, { value, mask }) =>
        tf.tidy(() => maskedMean(perPixel(tf.sub(prediction, value)), mask, reduction)),
    }),
  });
}

/** |d| (paper eq. 14) */
export const l1 = differenceLoss('L1: mean |d| over valid pixels (paper eq. 14).', (d) => tf.abs(d));

/** d² */
export const mse = differenceLoss('Mean squared error over valid pixels.', (d) => tf.square(d));

/** log(1 + |d|) */
export const logL1 = differenceLoss('log(1 + |d|), mean over valid pixels.', (d) => tf.log1p(tf.abs(d)));

/** ½d² where |d| < 1, |d| − ½ elsewhere (Girshick 2015, β = 1). */
export const smoothL1 = differenceLoss('Smooth L1 (Huber, β = 1), mean over valid pixels.', (d) => {
  // With m = min(|d|, 1): ½m² + (|d| − m) is both branches at once.
  const distance = tf.abs(d);
  const near = tf.minimum(distance, 1);
  return tf.add(tf.mul(tf.square(near), 0.5), tf.sub(distance, near));
});
