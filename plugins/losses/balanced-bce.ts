import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  binaryCrossEntropyMap,
  definePart,
  maskedMean,
  meanOverRanks,
  type Loss,
  type Target,
} from '../../core/index.js';

const options = z.strictObject({
  positiveWeight: z
    .union([z.number().positive(), z.literal('balanced')])
    .default('balanced')
    .describe(
      'Weight of a positive beside a negative’s 1, or balanced: the other kind’s share of the batch for both.',
    ),
});

/**
 * Binary cross-entropy ℓ of logits against labels of 0 and 1: mean of w ℓ over labelled pixels.
 *
 * A number p: w = p for positives, 1 for negatives (PyTorch's `pos_weight`). `balanced` (HED, Xie & Tu 2015): w = β
 * for positives, 1 − β for negatives, with β the share of negatives among the batch's labelled pixels. HED sums; the
 * mean does not grow with the image. In a batch without positives every weight is then 0, and so is the loss.
 */
export const balancedBce = definePart({
  description: 'Binary cross-entropy of logits, positives weighted (HED), mean over labelled pixels.',
  options,
  create: ({ positiveWeight }): Loss => ({
    role: 'prediction',
    compute: (logits, target) =>
      tf.tidy(() => {
        const { value, mask } = target;
        const weights =
          positiveWeight === 'balanced' ? balancing(target) : tf.add(tf.mul(value, positiveWeight - 1), 1);
        return maskedMean(tf.mul(binaryCrossEntropyMap(logits, value), weights), mask);
      }),
  }),
});

/** β for positives, 1 − β for negatives: y β + (1 − y)(1 − β) = y + (1 − 2y)(1 − β), 1 − β the share of positives. */
function balancing({ value, mask }: Target): tf.Tensor {
  const positives = meanOverRanks(maskedMean(value, mask));
  return tf.add(value, tf.mul(tf.sub(1, tf.mul(value, 2)), positives));
}
