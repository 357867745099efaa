import { gramianMethod } from '../common/gramian-method.js';
import { filled } from '../common/linear-algebra.js';
import { leastDistance } from '../common/least-distance.js';

/**
 * Unconflicting projection of gradients (Quinton & Rey 2024, https://arxiv.org/abs/2406.16232):
 * d = 1/T Σ_t π(g_t), π the projection onto the dual cone { d : Gd ≥ 0 }. π(g_t) = Gᵀv, v = argmin vᵀMv over v ≥ e_t.
 *
 * Exact, with nothing added to M, where TorchJD normalises M and adds 1e-4 to its diagonal.
 */
export const upgrad = gramianMethod({
  description: 'UPGrad: projects each gradient so that it conflicts with none (Quinton & Rey 2024).',
  options: {},
  rule: (_options, tasks) => ({
    weigh(gramian) {
      const each = Array.from({ length: tasks }, (_, task) => {
        const bound = filled(tasks, 0);
        bound[task] = 1 / tasks;
        return bound;
      });
      const sum = filled(tasks, 0);
      for (const values of leastDistance(gramian, each))
        values.forEach((value, task) => (sum[task]! += value));
      return sum;
    },
  }),
});
