import { z } from 'zod';
import { fairRoot } from '../common/fair-root.js';
import { gramianMethod } from '../common/gramian-method.js';
import { filled } from '../common/linear-algebra.js';

/**
 * FairGrad (Ban & Ji 2024, https://arxiv.org/abs/2402.15638): d = Gᵀw maximising the α-fair utility
 * Σ (g_t·d)^(1−α) / (1−α) on a ball, which is Mw = w^(−1/α), w > 0. α → 0 is the sum's efficiency, 1 proportional
 * fairness (Nash-MTL without its clipping), 2 least potential delay, ∞ max–min.
 *
 * The root itself, to a relative residual of 1e-13, where the public code leaves it to least squares. No update where
 * gradients are Pareto stationary and there is no root; a gradient that is zero takes no part.
 */
export const fairgrad = gramianMethod({
  description: 'FairGrad: α-fair progress of all tasks (Ban & Ji 2024).',
  options: {
    alpha: z
      .number()
      .min(0.05)
      .max(20)
      .default(1)
      .describe(
        'What is fair: near 0 the largest sum, 1 proportional, 2 least delay, large the worst task first.',
      ),
  },
  rule: ({ alpha }, tasks) => ({
    weigh: (gramian) => fairRoot(gramian, 1 / alpha) ?? filled(tasks, 0),
  }),
});
