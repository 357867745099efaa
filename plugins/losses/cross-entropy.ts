import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { crossEntropyMap, definePart, maskedMean, smoothedOneHot, type Loss } from '../../core/index.js';

/** Softmax cross-entropy against class ids, mean over labelled pixels (paper eq. 12). */
export const crossEntropy = definePart({
  description: 'Softmax cross-entropy, mean over labelled pixels (paper eq. 12).',
  options: z.strictObject({
    labelSmoothing: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('ε: target 1 − ε, the other classes ε/(C − 1).'),
  }),
  create: ({ labelSmoothing }): Loss => ({
    role: 'prediction',
    compute: (logits, { value, mask }) =>
      tf.tidy(() =>
        maskedMean(crossEntropyMap(logits, smoothedOneHot(value, logits.shape[3], labelSmoothing)), mask),
      ),
  }),
});
