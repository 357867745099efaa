import { z } from 'zod';
import { lossWeighting } from '../common/loss-weighting.js';

/** Every task alike: ω_t = 1, the sum of the losses. */
export const equal = lossWeighting({
  description: 'Sum of the losses: ω = 1 for every task.',
  options: z.strictObject({}),
  rule: (_options, { tasks }) => ({ weigh: () => tasks.map(() => 1) }),
});
