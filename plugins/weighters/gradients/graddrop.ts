import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { badValue, type NamedGradients, type Random } from '../../../core/index.js';
import { byName, column, namesOf } from '../common/gradient-rows.js';
import { tensorMethod, type TensorRule } from '../common/tensor-method.js';
import type { StepInfo } from '../common/gradient-method.js';

const share = z.number().min(0).max(1);

/**
 * GradDrop, gradient sign dropout (Chen et al. 2020, https://arxiv.org/abs/2010.06808). For each coordinate by itself
 * one sign is drawn, and the contributions of the other sign are dropped:
 *
 *     P = ½ (1 + Σ g_t / Σ |g_t|)        U ~ U[0, 1)        positive where P > U, else negative
 *     d = Σ_t (ℓ_t + (1 − ℓ_t) · [g_t has the sign drawn]) g_t
 *
 * ℓ is the leak. Without one, the mean of d over U is Σ g_t. The random numbers come from the host, in the order
 * of the names: the same on every engine and in a resumed run. (For features the paper judges signs by g ⊙ sign(feature),
 * summed over the batch; here, as in TorchJD, each value of the scope stands for itself.)
 */
export const graddrop = tensorMethod({
  description:
    'GradDrop (Chen et al. 2020): per coordinate, only contributions of one sign, drawn at random.',
  options: {
    leak: z
      .union([share, z.array(share).min(1)])
      .default(0)
      .describe('What is let through of the contributions that are dropped, for all tasks or one per task.'),
  },
  rule: ({ leak }, tasks) => new GradDrop(leaks(leak, tasks)),
});

class GradDrop implements TensorRule {
  readonly state = { tensors: {}, values: {} };

  constructor(private readonly leaks: readonly number[]) {}

  combine(gradients: readonly NamedGradients[], { random }: StepInfo): Promise<NamedGradients> {
    return Promise.resolve(
      byName(namesOf(gradients), (name) => this.choose(column(gradients, name), random)),
    );
  }

  private choose(rows: readonly tf.Tensor[], random: Random): tf.Tensor {
    // relu and a difference are exact, and many times as fast on wasm as a maximum and a minimum.
    const positives = rows.map((row) => tf.relu(row));
    const negatives = rows.map((row, task) => tf.sub(row, positives[task]!));
    const [positive, negative] = [tf.addN(positives), tf.addN(negatives)];
    // P > U ⇔ Σ g > (2U − 1) Σ |g|, which needs no division by 0.
    const chosen = tf.greater(
      tf.add(positive, negative),
      tf.mul(signed(rows[0]!.shape, random), tf.sub(positive, negative)),
    );
    if (this.leaks.every((leak) => leak === 0)) return tf.where(chosen, positive, negative);
    const kept = tf.where(chosen, this.scaled(positives, true), this.scaled(negatives, true));
    return tf.add(kept, this.scaled(rows, false));
  }

  /** Σ (1 − ℓ_t) x_t or Σ ℓ_t x_t */
  private scaled(rows: readonly tf.Tensor[], kept: boolean): tf.Tensor {
    return tf.addN(rows.map((row, task) => tf.mul(row, kept ? 1 - this.leaks[task]! : this.leaks[task]!)));
  }

  restore(): void {}

  dispose(): void {}
}

/** 2U − 1 for each coordinate, on the 2²⁴ evenly spaced values of [−1, 1) that float32 holds exactly. */
function signed(shape: number[], random: Random): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let index = 0; index < values.length; index++) values[index] = (random.uint32() >>> 8) / 2 ** 23 - 1;
  return tf.tensor(values, shape);
}

function leaks(given: number | readonly number[], tasks: number): readonly number[] {
  if (typeof given === 'number') return Array.from({ length: tasks }, () => given);
  if (given.length === tasks) return given;
  throw badValue('CONFIG_INVALID', {
    what: 'weighter.leak',
    expected: `one number, or ${tasks}: one per task`,
    found: `${given.length}`,
  });
}
