import { z } from 'zod';
import { gramianMethod } from '../common/gramian-method.js';
import { minNormPoint } from '../common/min-norm-point.js';

/**
 * Multiple gradient descent (Désidéri 2012; for networks Sener & Koltun 2018, https://arxiv.org/abs/1810.04650):
 * c = argmin ‖Σ c_t g_t‖² over c ≥ 0, Σ c = 1. Exact; the public code ends after 250 steps of projected gradients or at
 * 1e-5, and clips the weights of two tasks to 0.001 … 0.999.
 *
 * With `normalize` the minimum is sought for g_t / n_t, and its c then weighs the gradients as they are, as in the
 * public code. n_t: ‖g_t‖ (`l2`), L_t (`loss`) or their product (`loss+l2`, there `loss+`).
 */
export const mgda = gramianMethod({
  description: 'MGDA: the shortest combination of the gradients (Sener & Koltun 2018).',
  options: {
    normalize: z
      .enum(['none', 'l2', 'loss', 'loss+l2'])
      .default('none')
      .describe(
        'What each gradient is divided by while the weights are sought: its norm, its loss, or both.',
      ),
  },
  rule: ({ normalize }) => ({
    weigh(gramian, { losses }) {
      const norms = gramian.map((row, task) => {
        const length = normalize.endsWith('l2') ? Math.sqrt(Math.max(0, row[task]!)) : 1;
        // A negative loss would turn the gradient round.
        const loss = normalize.startsWith('loss') ? Math.abs(losses[task]!) : 1;
        // A gradient or loss that is zero has nothing to be divided by.
        return (length || 1) * (loss || 1);
      });
      return minNormPoint(gramian.map((row, i) => row.map((value, j) => value / norms[i]! / norms[j]!)));
    },
  }),
});
