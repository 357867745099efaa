import * as tf from '@tensorflow/tfjs';
import type { NamedGradients } from '../contracts/index.js';

/** Those of the names that have a gradient. */
export function present(
  names: readonly string[],
  found: readonly (tf.Tensor | undefined)[],
): Record<string, tf.Tensor> {
  const entries = names.map((name, index) => [name, found[index]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined));
}

/** Each times a number; new tensors. */
export function scaled(gradients: NamedGradients, by: number): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [
      name,
      by === 1 ? gradient.clone() : tf.mul(gradient, by),
    ]),
  );
}
