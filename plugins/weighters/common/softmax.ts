import { total } from './linear-algebra.js';

/** e^(x_t) / Σ e^(x_s), whatever the size of the x. */
export function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const sum = total(exponentials);
  return exponentials.map((value) => value / sum);
}
