import { filled } from '../common/linear-algebra.js';
import { gramianMethod } from '../common/gramian-method.js';

/** The mean of the tasks' gradients: c_t = 1/T. */
export const mean = gramianMethod({
  description: 'Mean of the tasks’ gradients.',
  options: {},
  rule: (_options, tasks) => ({ blind: true, weigh: () => filled(tasks, 1 / tasks) }),
});
