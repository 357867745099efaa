import { gramianMethod } from '../common/gramian-method.js';
import { softmax } from '../common/softmax.js';

/**
 * Random gradient weighting (Lin, Ye, Zhang & Tsang 2022, https://arxiv.org/abs/2111.10603): c = softmax(z) with
 * z_t ~ N(0, 1), drawn anew in each step; Σ c = 1.
 */
export const random = gramianMethod({
  description: 'Random weights: a softmax of normal numbers (Lin et al. 2022).',
  options: {},
  rule: (_options, tasks) => ({
    blind: true,
    weigh: (_gramian, { random: stream }) => softmax(Array.from({ length: tasks }, () => stream.normal())),
  }),
});
