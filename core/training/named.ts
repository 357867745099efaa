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

/** Σ c_t x_t; undefined where there is none. */
export function weightedSum(
  tensors: readonly (tf.Tensor | undefined)[],
  weights: readonly number[],
): tf.Tensor | undefined {
  return tf.tidy(() => {
    const terms = tensors.flatMap((tensor, index) => (tensor ? [tf.mul(tensor, weights[index]!)] : []));
    return terms.length > 0 ? tf.addN(terms) : undefined;
  });
}

/** Σ c_t g_t by name; new tensors. */
export function combineGradients(
  perTask: readonly NamedGradients[],
  weights: readonly number[],
): Record<string, tf.Tensor> {
  const names = [...new Set(perTask.flatMap((gradients) => Object.keys(gradients)))];
  return present(
    names,
    names.map((name) =>
      weightedSum(
        perTask.map((gradients) => gradients[name]),
        weights,
      ),
    ),
  );
}
