import type { Matrix } from '../../../core/index.js';
import { filled, total } from './linear-algebra.js';
import { nonnegativeQuadratic } from './nonnegative-quadratic.js';
import { ofGradients, unitGramian } from './unit-gramian.js';

/**
 * The point of least norm in the convex hull of the gradients: α ≥ 0, Σ α = 1, minimising αᵀMα. Closed form for two;
 * else exact by an active set, for min ‖Gᵀα‖² over the simplex and min ‖Gᵀα‖² + (1 − Σ α)² over α ≥ 0 have the same
 * solution up to scale: at s·α the second is s²‖Gᵀα‖² + (1 − s)², whose least value over s, ‖Gᵀα‖² / (1 + ‖Gᵀα‖²),
 * grows with the norm.
 * @param gramian M, T×T
 */
export function minNormPoint(gramian: Matrix): number[] {
  const tasks = gramian.length;
  if (tasks === 2) return ofTwo(gramian);
  const unit = unitGramian(gramian);
  if (unit.active.length < tasks) {
    // A zero gradient is the point.
    const zeros = tasks - unit.active.length;
    return unit.norms.map((norm) => (norm > 0 ? 0 : 1 / zeros));
  }
  // In y_t = ‖g_t‖ α_t, with lengths counted from the shortest gradient: Q = C + w wᵀ, b = w, w_t = min ‖g‖ / ‖g_t‖.
  const shortest = Math.min(...unit.norms);
  const inverse = unit.norms.map((norm) => shortest / norm);
  const matrix = unit.cosines.map((row, i) => row.map((cosine, j) => cosine + inverse[i]! * inverse[j]!));
  const point = ofGradients(unit, nonnegativeQuadratic(matrix, inverse));
  const sum = total(point);
  return sum > 0 ? point.map((value) => value / sum) : filled(tasks, 1 / tasks);
}

function ofTwo(gramian: Matrix): number[] {
  const [[first, product], [, second]] = gramian as [[number, number], [number, number]];
  const distance = first + second - 2 * product;
  if (!(distance > 0)) return [0.5, 0.5];
  const share = Math.min(1, Math.max(0, (second - product) / distance));
  return [share, 1 - share];
}
