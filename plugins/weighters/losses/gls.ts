import { z } from 'zod';
import { total } from '../common/linear-algebra.js';
import { lossWeighting } from '../common/loss-weighting.js';
import { requireLosses } from '../common/require-losses.js';

/**
 * Geometric loss strategy (Chennupati et al. 2019, https://arxiv.org/abs/1904.08492): the geometric mean of the
 * losses, which no task's scale can rule.
 *
 *     L = (Π L_t)^(1/T)        ω_t = dL/dL_t = L / (T · L_t)
 */
export const gls = lossWeighting({
  description: 'Geometric loss strategy (Chennupati et al. 2019): the geometric mean of the losses.',
  options: z.strictObject({}),
  rule: (_options, { tasks }) => ({
    weigh: (problem) => {
      requireLosses(problem, { method: 'gls', zero: false });
      const { losses } = problem;
      // Through logarithms: the product of many losses leaves the range of numbers.
      const mean = Math.exp(total(losses.map(Math.log)) / tasks.length);
      return losses.map((loss) => mean / (tasks.length * loss));
    },
  }),
});
