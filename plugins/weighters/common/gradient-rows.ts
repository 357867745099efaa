import * as tf from '@tensorflow/tfjs';
import { innerProduct, type NamedGradients } from '../../../core/index.js';

/** The names that at least one of the tasks has a gradient of. */
export function namesOf(rows: readonly NamedGradients[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/** The tasks' gradients of one name, zeros where a task has none. To be called within a tidy. */
export function column(rows: readonly NamedGradients[], name: string): readonly tf.Tensor[] {
  const some = rows.find((row) => row[name])![name]!;
  return rows.map((row) => row[name] ?? tf.zerosLike(some));
}

/**
 * Makes one tensor per name, each in a tidy of its own: its intermediates are freed before the next name needs memory.
 * @returns new tensors, the caller's, and none where `make` throws
 */
export function byName(
  names: readonly string[],
  make: (name: string) => tf.Tensor,
): Record<string, tf.Tensor> {
  return tf.tidy(() => Object.fromEntries(names.map((name) => [name, tf.tidy(() => make(name))])));
}

/** Σ c_t g_t by name. */
export function weightedSum(
  rows: readonly NamedGradients[],
  coefficients: readonly number[],
): Record<string, tf.Tensor> {
  return byName(namesOf(rows), (name) =>
    tf.addN(rows.flatMap((row, task) => (row[name] ? [tf.mul(row[name], coefficients[task]!)] : []))),
  );
}

/**
 * ⟨a, b⟩ of each pair, over all names that both have.
 * @returns numbers, read from the engine at once
 */
export async function innerProducts(
  pairs: readonly (readonly [NamedGradients, NamedGradients])[],
): Promise<readonly number[]> {
  const products = tf.tidy(() => tf.stack(pairs.map(([a, b]) => overAll(a, b))));
  const values = await products.data();
  products.dispose();
  return Array.from(values);
}

function overAll(a: NamedGradients, b: NamedGradients): tf.Scalar {
  return tf.tidy(() => {
    const parts = Object.keys(a).flatMap((name) => (b[name] ? [innerProduct(a[name]!, b[name])] : []));
    return parts.length > 0 ? tf.addN(parts) : tf.scalar(0);
  });
}
