import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { definePart, maskedMean, unitVectors, type Loss } from '../../core/index.js';

/**
 * 1 − cosine between a prediction and a direction: mean of 1 − ⟨n̂, n⟩ over labelled pixels, n̂ the prediction at
 * length 1 (see `unitVectors` for the zero vector), n the target's unit vector. From 0 (the same) to 2 (opposite).
 */
export const cosine = definePart({
  description: '1 − cosine between the prediction and unit vectors, mean over labelled pixels.',
  options: z.strictObject({}),
  create: (): Loss => ({
    role: 'prediction',
    compute: (prediction, { value, mask }) =>
      tf.tidy(() => {
        const cosines: tf.Tensor4D = tf.sum(tf.mul(unitVectors(prediction), value), 3, true);
        return maskedMean(tf.sub(1, cosines), mask);
      }),
  }),
});
