import { gramianMethod } from '../common/gramian-method.js';
import { combinedNorm, dot, filled, multiply, rankTolerance } from '../common/linear-algebra.js';
import { pseudoInverseTimes } from '../common/pseudo-inverse.js';
import { unitGramian } from '../common/unit-gramian.js';

/**
 * ConFIG, conflict-free inverse gradients (Liu, Chu & Thuerey 2024, https://arxiv.org/abs/2408.11104): the direction
 * r = U⁺1 has equal cosines with all unit gradients (the rows of U), and d = (Σ_t g_t·r̂) r̂, r̂ = r / ‖r‖. As
 * U⁺1 = Uᵀ(UUᵀ)⁺1, r = Uᵀy with y = C⁺1.
 *
 * Where the gradients depend on each other such that no direction has equal cosines, r is the least-squares one, which
 * can conflict; where it vanishes, as for opposed gradients, there's no update.
 */
export const conflictFree = gramianMethod({
  description: 'ConFIG: a direction of equal cosines with all gradients (Liu et al. 2024).',
  options: {},
  rule: (_options, tasks) => ({
    weigh(gramian) {
      const { norms, active, cosines } = unitGramian(gramian);
      const values = pseudoInverseTimes(cosines, filled(active.length, 1));
      const length = combinedNorm(cosines, values);
      const coefficients = filled(tasks, 0);
      if (length <= rankTolerance(tasks)) return coefficients;
      // In units of the longest gradient: Σ g_t·r / ‖r‖², and r's coefficients of the gradients are y_t / ‖g_t‖.
      const projections = dot(
        active.map((task) => norms[task]!),
        multiply(cosines, values),
      );
      active.forEach((task, index) => {
        coefficients[task] = (projections / length / length / norms[task]!) * values[index]!;
      });
      return coefficients;
    },
  }),
});
