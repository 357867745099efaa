import { z } from 'zod';
import { definePart, type Weighter } from '../../core/index.js';

/** Every task alike: ω_t = 1, the sum of the losses. */
export const equal = definePart({
  description: 'Sum of the losses: ω = 1 for every task.',
  options: z.strictObject({}),
  create: (): Weighter => {
    let ones: number[] = [];
    return {
      parameters: {},
      state: { tensors: {}, values: {} },
      setup({ tasks }) {
        ones = tasks.map(() => 1);
      },
      restore() {},
      update: (problem) => problem.weighted(ones),
      weights: () => ones,
      dispose() {},
    };
  },
});
