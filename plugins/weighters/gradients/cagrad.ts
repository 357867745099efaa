import { z } from 'zod';
import { gramianMethod } from '../common/gramian-method.js';
import { worstCaseAscent } from '../common/worst-case-ascent.js';

/**
 * Conflict-averse gradient descent (Liu et al. 2021, https://arxiv.org/abs/2110.14048): with g₀ the mean gradient,
 * d = argmax min_t g_t·d over ‖d − g₀‖ ≤ c‖g₀‖. By the dual, d = g₀ + (c‖g₀‖ / ‖g_w‖) g_w, g_w = Σ w_t g_t,
 * w = argmin g_w·g₀ + c‖g₀‖‖g_w‖ over the simplex.
 *
 * Exact, where the public code leaves the dual to SLSQP with 1e-8 under each root. Where g_w = 0, and the formula
 * is 0/0, the nearest d of the best worst case is taken.
 */
export const cagrad = gramianMethod({
  description: 'CAGrad: near the mean gradient, the best for the worst task (Liu et al. 2021).',
  options: {
    c: z
      .number()
      .min(0)
      .default(0.5)
      .describe(
        'How far the update may lie from the mean gradient, as a share of its norm; the paper: below 1.',
      ),
    rescale: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .default(1)
      .describe('What the update is divided by: 0 nothing, 1 1 + c², 2 1 + c. The paper has 0, its code 1.'),
  },
  rule: ({ c, rescale }, tasks) => ({
    weigh(gramian) {
      const divisor = [1, 1 + c * c, 1 + c][rescale]!;
      return worstCaseAscent(gramian, c).map((value) => (1 / tasks + value) / divisor);
    },
  }),
});
