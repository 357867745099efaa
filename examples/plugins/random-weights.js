/**
 * A weighter of one's own, in plain JavaScript: random loss weighting (Lin et al. 2022,
 * https://arxiv.org/abs/2111.10603). Each step draws ω = T · softmax(z), z ~ N(0, 1). In a config:
 *
 *     plugins: [./plugins/random-weights.js]
 *     weighter: randomWeights
 */
import { definePart, definePlugin, Random } from 'crosstask';
import { z } from 'zod';

const randomWeights = definePart({
  description: 'Random loss weighting (Lin et al. 2022): new weights at every step.',
  options: z.strictObject({}),
  create() {
    let tasks = 0;
    let seed = 0;
    let step = 0;
    const draw = () => {
      // A stream of its own per step: a resumed run draws what it would have drawn.
      const random = new Random(seed, 'randomWeights', step);
      const exponentials = Array.from({ length: tasks }, () => Math.exp(random.normal()));
      const sum = exponentials.reduce((total, value) => total + value, 0);
      return exponentials.map((value) => (tasks * value) / sum);
    };
    return {
      parameters: {},
      get state() {
        return { tensors: {}, values: { step } };
      },
      restore({ values }) {
        ({ step } = values);
      },
      setup(context) {
        tasks = context.tasks.length;
        seed = context.seed;
      },
      update(problem) {
        const weights = draw();
        step += 1;
        return problem.weighted(weights);
      },
      weights: draw,
      dispose() {},
    };
  },
});

export default definePlugin({ name: 'random-weights', weighters: { randomWeights } });
