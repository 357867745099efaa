import { z } from 'zod';
import { badValue, type Matrix } from '../../../core/index.js';
import { gramianMethod } from '../common/gramian-method.js';
import { total } from '../common/linear-algebra.js';

/**
 * Krum and Multi-Krum (Blanchard et al. 2017, https://arxiv.org/abs/1703.02757): the gradient, or the mean of the m
 * gradients, with the least sum of squared distances to its T − f − 2 nearest, of equals the first;
 * ‖g_i − g_j‖² = M_ii + M_jj − 2 M_ij.
 *
 * TorchJD sums the distances themselves. The paper's proof wants T > 2f + 2; what is computed, at least f + 3 tasks.
 */
export const krum = gramianMethod({
  description: 'Krum: the gradient that lies nearest to most of the others (Blanchard et al. 2017).',
  options: {
    byzantine: z.int().min(0).default(0).describe('f, how many gradients may be far off.'),
    select: z.int().min(1).default(1).describe('m, how many gradients are averaged; 1 is Krum itself.'),
  },
  rule: ({ byzantine, select }, tasks) => {
    const needed = Math.max(byzantine + 3, select);
    if (tasks < needed) {
      throw badValue('CONFIG_INVALID', {
        what: 'weighter.krum',
        expected: `at least ${needed} tasks, for byzantine ${byzantine} and select ${select}`,
        found: `${tasks}`,
        fix: 'lower these options, or take another weighter for so few tasks',
      });
    }
    return { weigh: (gramian) => chosen(gramian, tasks - byzantine - 2, select) };
  },
});

function chosen(gramian: Matrix, nearest: number, select: number): number[] {
  const scores = gramian.map((row, i) => {
    const distances = row
      .map((product, j) => Math.max(0, row[i]! + gramian[j]![j]! - 2 * product))
      .filter((_, j) => j !== i)
      .sort((left, right) => left - right);
    return total(distances.slice(0, nearest));
  });
  const order = [...scores.keys()].sort((left, right) => scores[left]! - scores[right]! || left - right);
  const picked = new Set(order.slice(0, select));
  return scores.map((_, task) => (picked.has(task) ? 1 / select : 0));
}
