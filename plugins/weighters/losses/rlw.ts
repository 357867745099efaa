import { z } from 'zod';
import type { Random } from '../../../core/index.js';
import { total } from '../common/linear-algebra.js';
import { lossWeighting } from '../common/loss-weighting.js';
import { softmax } from '../common/softmax.js';

type Draw = (random: Random, tasks: number) => number[];

/** Shares of the tasks, which sum to 1. */
const distributions = {
  normal: (random, tasks) => softmax(Array.from({ length: tasks }, () => random.normal())),
  uniform: (random, tasks) => softmax(Array.from({ length: tasks }, () => random.uniform())),
  dirichlet: (random, tasks) =>
    normalized(Array.from({ length: tasks }, () => -Math.log(1 - random.uniform()))),
  bernoulli: (random, tasks) => {
    for (;;) {
      const chosen = Array.from({ length: tasks }, () => random.integer(2));
      if (chosen.includes(1)) return normalized(chosen);
    }
  },
  oneTask: (random, tasks) => {
    const chosen = random.integer(tasks);
    return Array.from({ length: tasks }, (_, task) => (task === chosen ? 1 : 0));
  },
} as const satisfies Record<string, Draw>;

const names = Object.keys(distributions) as (keyof typeof distributions)[];

/**
 * Random loss weighting (Lin et al. 2022, https://arxiv.org/abs/2111.10603): at every step new weights,
 *
 *     ω_t = T · softmax(z)_t        z ~ N(0, 1)
 *
 * The paper's ω sum to 1, its T-th part: here they sum to T as in the other methods, so that one learning rate goes
 * with all of them. `uniform`: z ~ U[0, 1). `dirichlet`: ω/T ~ Dirichlet(1). `bernoulli`: 0 or 1 per task, not all 0.
 * `oneTask` (the paper's constrained Bernoulli): one task at a time.
 */
export const rlw = lossWeighting({
  description: 'Random loss weighting (Lin et al. 2022): new random weights at every step.',
  options: z.strictObject({
    distribution: z.enum(names).default('normal').describe('What the weights are drawn from.'),
  }),
  rule: ({ distribution }, { tasks }) => ({
    weigh: (_problem, random) =>
      distributions[distribution](random, tasks.length).map((share) => tasks.length * share),
  }),
});

function normalized(values: readonly number[]): number[] {
  const sum = total(values);
  return values.map((value) => value / sum);
}
