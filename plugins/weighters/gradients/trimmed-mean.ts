import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { badValue } from '../../../core/index.js';
import { byName, column, namesOf } from '../common/gradient-rows.js';
import { tensorMethod } from '../common/tensor-method.js';

type Pick = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/**
 * Coordinate-wise trimmed mean (Yin et al. 2018, https://arxiv.org/abs/1803.01498): for each coordinate by itself the
 * `trim` largest and the `trim` smallest of the tasks' values are left out, and the others averaged. It takes at least
 * 2 · trim + 1 tasks. A task without a gradient counts as 0.
 *
 * Values are left out by pairwise minima and maxima: no sorting, which engines do slowly, and no subtraction of an
 * extreme from the sum, which would round the others away.
 */
export const trimmedMean = tensorMethod({
  description: 'Trimmed mean (Yin et al. 2018): per coordinate, the mean without the extremes.',
  options: {
    trim: z.int().min(0).default(1).describe('How many of the largest, and of the smallest, are left out.'),
  },
  rule: ({ trim }, tasks) => {
    if (tasks < 2 * trim + 1) {
      throw badValue('CONFIG_INVALID', {
        what: 'weighter.trim',
        expected: `${Math.floor((tasks - 1) / 2)} or less with ${tasks} tasks`,
        found: String(trim),
        fix: `trimming ${trim} takes ${2 * trim + 1} tasks`,
      });
    }
    return {
      combine: (gradients) =>
        Promise.resolve(byName(namesOf(gradients), (name) => meanWithin(column(gradients, name), trim))),
      state: { tensors: {}, values: {} },
      restore: () => {},
      dispose: () => {},
    };
  },
});

function meanWithin(rows: readonly tf.Tensor[], trim: number): tf.Tensor {
  let left = rows;
  for (let round = 0; round < trim; round++) {
    left = without(left, tf.maximum, tf.minimum);
    left = without(left, tf.minimum, tf.maximum);
  }
  return tf.div(tf.addN([...left]), left.length);
}

/** One value less: what is `out` of each pair is carried along and dropped at the end, what is `stay` remains. */
function without(rows: readonly tf.Tensor[], out: Pick, stay: Pick): readonly tf.Tensor[] {
  let carried = rows[0]!;
  return rows.slice(1).map((row, index) => {
    const remaining = stay(carried, row);
    // The last one carried is the one that is dropped.
    if (index < rows.length - 2) carried = out(carried, row);
    return remaining;
  });
}
