import type { Matrix } from '../../../core/index.js';

/** Σ a_i b_i. */
export function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * right[index]!, 0);
}

/** A x, one number per row of A. */
export function multiply(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector));
}

/** The sum of the values. */
export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The same number `length` times. */
export function filled(length: number, value: number): number[] {
  return Array.from({ length }, () => value);
}

/**
 * ‖Gᵀc‖ = √(cᵀMc), the norm of Σ c_t g_t.
 * @param gramian M, T×T
 */
export function combinedNorm(gramian: Matrix, coefficients: readonly number[]): number {
  // Where the gradients cancel, rounding can leave less than nothing.
  return Math.sqrt(Math.max(0, dot(coefficients, multiply(gramian, coefficients))));
}

/**
 * What rounding leaves of zero, as a share of the largest eigenvalue of a T×T Gramian: float32 gradients are known up
 * to 2⁻²⁴ of their norms, and eigenvalues are squares of these: trace(M) · 2⁻⁴⁸ ≤ T λ_max · 2⁻⁴⁸.
 */
export function rankTolerance(tasks: number): number {
  return tasks * 2 ** -48;
}
