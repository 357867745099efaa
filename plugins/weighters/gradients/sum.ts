import { gramianMethod } from '../common/gramian-method.js';

/** The plain sum of the tasks' gradients: c_t = 1. What `equal` does in one backward pass. */
export const sum = gramianMethod({
  description: 'Sum of the tasks’ gradients.',
  options: {},
  rule: (_options, tasks) => ({ weigh: () => Array.from({ length: tasks }, () => 1) }),
});
