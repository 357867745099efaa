import * as tf from '@tensorflow/tfjs';
import { binaryCrossEntropyMap, definePart, maskedMean, type PredictionLoss } from 'crosstask';
import { z } from 'zod';

const options = z.strictObject({
  gamma: z
    .number()
    .min(0)
    .default(2)
    .describe('0 = cross-entropy; more = less weight on what is right already.'),
});

/**
 * Focal loss (Lin et al. 2017) of logits against labels of 0 and 1: (1 − p)^γ · cross-entropy, p the probability of the
 * label; mean over labelled pixels.
 */
export const focal = definePart({
  description: 'Focal loss of logits: cross-entropy, with little weight on pixels that are right already.',
  options,
  create: ({ gamma }): PredictionLoss => ({
    role: 'prediction',
    compute: (logits, { value, mask }) =>
      tf.tidy(() => {
        const crossEntropy = binaryCrossEntropyMap(logits, value);
        const wrongness: tf.Tensor4D = tf.abs(tf.sub(value, tf.sigmoid(logits)));
        return maskedMean(tf.mul(tf.pow(wrongness, gamma), crossEntropy), mask);
      }),
  }),
});
