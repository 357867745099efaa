import type { Matrix } from '../../../core/index.js';

/** A = Σ λ_k v_k v_kᵀ. */
export interface Eigen {
  /** λ, falling. */
  readonly values: readonly number[];
  /** v_k, orthonormal, in the order of the values. */
  readonly vectors: Matrix;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, 8.5), which find
 * the small eigenvalues of a semidefinite matrix to within 2⁻⁵²·‖A‖. Ten sweeps are plenty for 40×40; the count is a
 * guard only.
 * @param matrix A, n×n
 */
export function symmetricEigen(matrix: Matrix): Eigen {
  const work = matrix.map((row) => [...row]);
  // Rows are the eigenvectors.
  const vectors = work.map((_, i) => work.map((_, j) => (i === j ? 1 : 0)));
  const size = Math.max(0, ...matrix.flatMap((row) => row.map(Math.abs)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < work.length; p++) {
      for (let q = p + 1; q < work.length; q++) {
        // Below the rounding of A itself: taken for zero.
        if (Math.abs(work[p]![q]!) <= size * 2 ** -58) continue;
        rotate(work, vectors, p, q);
        rotated = true;
      }
    }
    if (!rotated) break;
  }
  const order = [...work.keys()].sort((left, right) => work[right]![right]! - work[left]![left]!);
  return { values: order.map((k) => work[k]![k]!), vectors: order.map((k) => vectors[k]!) };
}

/** Makes A_pq zero. */
function rotate(work: number[][], vectors: number[][], p: number, q: number): void {
  const ratio = (work[q]![q]! - work[p]![p]!) / (2 * work[p]![q]!);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  for (const row of work) {
    const [left, right] = [row[p]!, row[q]!];
    row[p] = cosine * left - sine * right;
    row[q] = sine * left + cosine * right;
  }
  for (const rows of [work, vectors]) {
    const [upper, lower] = [rows[p]!, rows[q]!];
    rows[p] = upper.map((value, k) => cosine * value - sine * lower[k]!);
    rows[q] = upper.map((value, k) => sine * value + cosine * lower[k]!);
  }
  work[p]![q] = work[q]![p] = 0;
}
