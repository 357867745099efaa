import { gramianMethod } from '../common/gramian-method.js';
import { filled } from '../common/linear-algebra.js';
import { leastDistance } from '../common/least-distance.js';

/**
 * Projection of the mean gradient onto the dual cone, as gradient episodic memory does it (Lopez-Paz & Ranzato 2017,
 * https://arxiv.org/abs/1706.08840; so named by Quinton & Rey 2024): d = argmin ‖d − 1/T Σ g_t‖² over Gd ≥ 0, that is
 * d = Gᵀv, v = argmin vᵀMv over v ≥ 1/T.
 *
 * Exact, with nothing added to M, where TorchJD normalises M and adds 1e-4 to its diagonal.
 */
export const dualproj = gramianMethod({
  description:
    'DualProj: the nearest to the mean gradient that conflicts with none (Lopez-Paz & Ranzato 2017).',
  options: {},
  rule: (_options, tasks) => ({
    weigh: (gramian) => leastDistance(gramian, [filled(tasks, 1 / tasks)])[0]!,
  }),
});
