import * as tf from '@tensorflow/tfjs';
import type { NamedGradients } from '../../../core/index.js';

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
