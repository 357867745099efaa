import type { Matrix } from '../../../core/index.js';

/** A lower triangle L with A = L Lᵀ. */
export type Cholesky = readonly (readonly number[])[];

/**
 * The Cholesky factor of a symmetric matrix; none where a pivot is not above `floor`: A is singular.
 * @param matrix A, k×k
 */
export function cholesky(matrix: Matrix, floor = 0): Cholesky | undefined {
  const lower: number[][] = [];
  for (const [i, source] of matrix.entries()) {
    const row: number[] = [];
    for (let j = 0; j < i; j++) {
      let rest = source[j]!;
      for (let k = 0; k < j; k++) rest -= row[k]! * lower[j]![k]!;
      row.push(rest / lower[j]![j]!);
    }
    const pivot = row.reduce((left, value) => left - value * value, source[i]!);
    if (!(pivot > floor)) return undefined;
    row.push(Math.sqrt(pivot));
    lower.push(row);
  }
  return lower;
}

/** x of L Lᵀ x = b. */
export function choleskySolve(lower: Cholesky, right: readonly number[]): number[] {
  const values = [...right];
  for (let i = 0; i < values.length; i++) {
    for (let k = 0; k < i; k++) values[i]! -= lower[i]![k]! * values[k]!;
    values[i]! /= lower[i]![i]!;
  }
  for (let i = values.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < values.length; k++) values[i]! -= lower[k]![i]! * values[k]!;
    values[i]! /= lower[i]![i]!;
  }
  return values;
}
