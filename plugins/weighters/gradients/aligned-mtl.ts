import { z } from 'zod';
import type { Matrix } from '../../../core/index.js';
import { gramianMethod } from '../common/gramian-method.js';
import { filled, rankTolerance, total } from '../common/linear-algebra.js';
import { symmetricEigen } from '../common/symmetric-eigen.js';

/**
 * Aligned-MTL (Senushkin et al. 2023, https://arxiv.org/abs/2305.19000): the gradients' matrix is replaced by the
 * nearest of condition number 1, Ĝ = B G with B = σ V Λ^(−1/2) Vᵀ for M = V Λ Vᵀ, so that its principal components
 * all have the length σ; d = Σ ĝ_t, c = B 1. σ² is the least of the eigenvalues that are not zero (the paper's), or
 * another mean of them, as in the public code.
 *
 * The task weights are 1, as in the public code (TorchJD: 1/T). What counts as zero is rounding in double precision,
 * T·2⁻⁴⁸ of the largest, not in float32 as there.
 */
export const alignedMtl = gramianMethod({
  description: 'Aligned-MTL: gives the gradients’ principal components one length (Senushkin et al. 2023).',
  options: {
    scale: z
      .enum(['min', 'median', 'rmse'])
      .default('min')
      .describe('The length: that of the least component, the median, or the root mean square.'),
  },
  rule: ({ scale }) => ({ weigh: (gramian) => alignment(gramian, scale).map(total) }),
});

/**
 * B, with BMB = σ² on the gradients' span and 0 beside it.
 * @param gramian M, T×T
 */
export function alignment(gramian: Matrix, scale: 'min' | 'median' | 'rmse'): Matrix {
  const { values, vectors } = symmetricEigen(gramian);
  const floor = rankTolerance(gramian.length) * Math.max(0, values[0]!);
  const kept = values.filter((value) => value > floor);
  const balance = gramian.map((row) => filled(row.length, 0));
  if (kept.length === 0) return balance;
  const length = Math.sqrt(average(kept, scale));
  kept.forEach((value, k) => {
    const vector = vectors[k]!;
    balance.forEach((row, i) => {
      const share = (length / Math.sqrt(value)) * vector[i]!;
      vector.forEach((entry, j) => (row[j]! += share * entry));
    });
  });
  return balance;
}

/** @param values falling; the median of an even number is the lower one, as PyTorch's */
function average(values: readonly number[], scale: 'min' | 'median' | 'rmse'): number {
  const means = {
    min: () => values.at(-1)!,
    median: () => values[Math.floor(values.length / 2)]!,
    rmse: () => total(values) / values.length,
  };
  return means[scale]();
}
