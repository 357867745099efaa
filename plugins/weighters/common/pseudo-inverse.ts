import type { Matrix } from '../../../core/index.js';
import { dot, filled, rankTolerance } from './linear-algebra.js';
import { symmetricEigen } from './symmetric-eigen.js';

/**
 * A⁺ b of a positive semidefinite matrix, by its eigenvalues; those below `rankTolerance` of the largest count as zero,
 * and so does a part of b that is smaller than that share of it: rounding alone can have made it.
 * @param matrix A, n×n
 */
export function pseudoInverseTimes(matrix: Matrix, right: readonly number[]): number[] {
  const { values, vectors } = symmetricEigen(matrix);
  const tolerance = rankTolerance(matrix.length);
  const floor = tolerance * Math.max(0, values[0] ?? 0);
  const least = tolerance * Math.sqrt(dot(right, right));
  const result = filled(right.length, 0);
  values.forEach((value, k) => {
    const part = dot(vectors[k]!, right);
    if (value <= floor || Math.abs(part) <= least) return;
    vectors[k]!.forEach((entry, index) => (result[index]! += (part / value) * entry));
  });
  return result;
}
