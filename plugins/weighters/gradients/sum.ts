import { gramianMethod } from '../common/gramian-method.js';
import { filled } from '../common/linear-algebra.js';

/** The plain sum of the tasks' gradients: c_t = 1. Over the whole network, what `equal` does. */
export const sum = gramianMethod({
  description: 'Sum of the tasks’ gradients.',
  options: {},
  rule: (_options, tasks) => ({ blind: true, weigh: () => filled(tasks, 1) }),
});
