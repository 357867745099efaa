import { gramianMethod } from '../common/gramian-method.js';
import { total } from '../common/linear-algebra.js';

/**
 * Random gradient weighting (Lin, Ye, Zhang & Tsang 2022, https://arxiv.org/abs/2111.10603): c = softmax(z) with
 * z_t ~ N(0, 1), drawn anew in each step; Σ c = 1.
 */
export const random = gramianMethod({
  description: 'Random weights: a softmax of normal numbers (Lin et al. 2022).',
  options: {},
  rule: (_options, tasks) => ({
    weigh(_gramian, { random: stream }) {
      const exponentials = Array.from({ length: tasks }, () => Math.exp(stream.normal()));
      const sum = total(exponentials);
      return exponentials.map((value) => value / sum);
    },
  }),
});
