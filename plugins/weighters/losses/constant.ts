import { z } from 'zod';
import { lossWeighting } from '../common/loss-weighting.js';
import { inTaskOrder, perTask } from '../common/per-task.js';

/** Fixed weights: ω_t as given, the weighted sum of the losses. */
export const constant = lossWeighting({
  description: 'Fixed weights, one per task.',
  options: z.strictObject({
    weights: perTask(z.number().min(0)).describe('ω by task name, or a list in the order of the tasks.'),
  }),
  rule: ({ weights }, { tasks }) => {
    const omegas = inTaskOrder(weights, tasks, 'weighter.weights');
    return { weigh: () => omegas };
  },
});
