import { gramianMethod } from '../common/gramian-method.js';
import { filled, rankTolerance, total } from '../common/linear-algebra.js';
import { pseudoInverseTimes } from '../common/pseudo-inverse.js';
import { ofGradients, unitGramian } from '../common/unit-gramian.js';

/**
 * IMTL-G, impartial multi-task learning's part for the gradients (Liu et al. 2021,
 * https://openreview.net/forum?id=IMPnRXEWpvr): d = Σ c_t g_t with equal projections onto all unit gradients,
 * d·u_t = d·u_s, and Σ c = 1. In closed form c_t ∝ y_t / ‖g_t‖ with C y = 1, C the unit gradients' Gramian, which is
 * the paper's g₁Uᵀ(DUᵀ)⁻¹ without a first task. A weight can be negative.
 *
 * Where C is singular, y = C⁺1. Gradients that are zero get 0. Where the weights' sum vanishes, as for opposed
 * gradients, there's no such d: no update.
 */
export const imtlG = gramianMethod({
  description: 'IMTL-G: equal projections onto all gradients (Liu et al. 2021).',
  options: {},
  rule: (_options, tasks) => ({
    weigh(gramian) {
      const unit = unitGramian(gramian);
      const values = pseudoInverseTimes(unit.cosines, filled(unit.active.length, 1));
      const weights = ofGradients(unit, values);
      const [sum, size] = [total(weights), total(weights.map(Math.abs))];
      if (Math.abs(sum) <= rankTolerance(tasks) * size) return filled(tasks, 0);
      return weights.map((weight) => weight / sum);
    },
  }),
});
