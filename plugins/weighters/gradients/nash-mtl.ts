import { z } from 'zod';
import { fairRoot } from '../common/fair-root.js';
import { gramianMethod, type GramianRule } from '../common/gramian-method.js';
import { combinedNorm, filled } from '../common/linear-algebra.js';

/**
 * Nash-MTL (Navon et al. 2022, https://arxiv.org/abs/2202.01017): the bargaining solution, d = Gᵀα maximising
 * Σ log(g_t·d) on a ball, which is Mα = 1/α, α > 0; then ‖d‖ = √T whatever the gradients' lengths.
 *
 * The root itself, to a relative residual of 1e-13, where the public code takes up to 20 steps of a convex-concave
 * procedure to 1e-3. That code divides M by ‖M‖_F first, so that its α is √‖M‖_F as large before `maxNorm` cuts.
 * Where gradients are Pareto stationary there is no bargain, and d = 0, the point of disagreement; a gradient that is
 * zero takes no part.
 */
export const nashMtl = gramianMethod({
  description: 'Nash-MTL: the tasks’ bargaining solution (Navon et al. 2022).',
  options: {
    every: z.int().min(1).default(1).describe('The weights are solved for anew every so many steps.'),
    maxNorm: z
      .number()
      .min(0)
      .default(1)
      .describe('The combined gradient is scaled down to this norm where it is longer; 0: never.'),
  },
  rule: ({ every, maxNorm }, tasks) => {
    const rule: GramianRule & { state: number[] } = {
      state: [],
      weigh(gramian, { step }) {
        if (step % every === 0 || rule.state.length === 0)
          rule.state = fairRoot(gramian, 1) ?? filled(tasks, 0);
        const norm = combinedNorm(gramian, rule.state);
        return maxNorm > 0 && norm > maxNorm
          ? rule.state.map((weight) => (weight * maxNorm) / norm)
          : rule.state;
      },
    };
    return rule;
  },
});
