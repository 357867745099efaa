import { z } from 'zod';
import { definePart, stopGradient, type Loss } from '../../core/index.js';

/**
 * Cross-task consistency (paper eq. 3, 13, 15): the transferred prediction against the direct one, which is held
 * fixed: ℓ_t(ŷ_{s→t}, sg(ŷ_t)). It needs no labels.
 */
export const xtc = definePart({
  description: 'Cross-task consistency: transferred against direct prediction (paper eq. 13, 15).',
  options: z.strictObject({
    target: z
      .enum(['soft', 'hard'])
      .default('soft')
      .describe(
        'For classes: the direct prediction’s distribution (paper) or its most likely class (authors’ code).',
      ),
    labelSmoothing: z.number().min(0).max(1).default(0).describe('ε of a hard target.'),
    mask: z
      .enum(['all', 'valid'])
      .default('all')
      .describe('Whether every pixel counts (paper) or only those with a label (authors’ code).'),
  }),
  create: ({ target, labelSmoothing, mask }): Loss => ({
    role: 'consistency',
    compute: (prediction) =>
      prediction.task.transfer.loss(prediction.transferred, {
        value: stopGradient(prediction.direct),
        mask: mask === 'valid' ? prediction.target.mask : null,
        target,
        labelSmoothing,
      }),
  }),
});
