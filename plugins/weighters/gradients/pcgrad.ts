import { z } from 'zod';
import { gramianMethod } from '../common/gramian-method.js';
import { dot, filled } from '../common/linear-algebra.js';

/**
 * Projecting conflicting gradients (Yu et al. 2020, https://arxiv.org/abs/2001.06782): for each task i, ĝ = g_i, then
 * over the others j in random order ĝ ← ĝ − (ĝ·g_j / ‖g_j‖²) g_j wherever ĝ·g_j < 0, with g_j as it was; d = Σ ĝ.
 * Here ĝ = Gᵀe with coefficients e, so that ĝ·g_j = (Me)_j.
 *
 * The paper's text sums; its code, like others, takes the mean: `reduction`.
 */
export const pcgrad = gramianMethod({
  description: 'PCGrad: takes the conflicting part out of each gradient (Yu et al. 2020).',
  options: {
    reduction: z
      .enum(['sum', 'mean'])
      .default('sum')
      .describe('Whether the projected gradients are added up or averaged.'),
  },
  rule: ({ reduction }, tasks) => ({
    weigh(gramian, { random: stream }) {
      const sum = filled(tasks, 0);
      for (let i = 0; i < tasks; i++) {
        const own = filled(tasks, 0);
        own[i] = 1;
        for (const j of stream.permutation(tasks)) {
          const product = dot(gramian[j]!, own);
          // A zero gradient has no conflict: 0 < 0 is false, up to a Gramian that isn't quite semidefinite.
          if (j !== i && product < 0 && gramian[j]![j]! > 0) own[j]! -= product / gramian[j]![j]!;
        }
        own.forEach((value, task) => (sum[task]! += value));
      }
      return reduction === 'sum' ? sum : sum.map((value) => value / tasks);
    },
  }),
});
