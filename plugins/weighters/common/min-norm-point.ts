import type { Matrix } from '../../../core/index.js';
import { combinedNorm, filled, total } from './linear-algebra.js';
import { nonnegativeQuadratic } from './nonnegative-quadratic.js';
import { ofGradients, unitGramian, type UnitGramian } from './unit-gramian.js';

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
  const shortest = Math.min(...unit.norms);
  const nearest = hullPoint(
    unit,
    unit.norms.map((norm) => shortest / norm),
  );
  // Long gradients that cancel come to less than rounding beside a short one, but not on their own scale.
  const stationary = hullPoint(
    unit,
    unit.norms.map(() => 1),
  );
  return combinedNorm(gramian, stationary) < combinedNorm(gramian, nearest) ? stationary : nearest;
}

/**
 * Solves it in y_t = ‖g_t‖ α_t: Q = C + w wᵀ, b = w, Σ w_t y_t up to a factor what is to be 1.
 * @param levels w: 1/‖g_t‖ up to a factor for the gradients, ones for the unit gradients
 * @returns α on the simplex
 */
function hullPoint(unit: UnitGramian, levels: readonly number[]): number[] {
  const matrix = unit.cosines.map((row, i) => row.map((cosine, j) => cosine + levels[i]! * levels[j]!));
  const point = ofGradients(unit, nonnegativeQuadratic(matrix, levels));
  const sum = total(point);
  return sum > 0 ? point.map((value) => value / sum) : filled(levels.length, 1 / levels.length);
}

function ofTwo(gramian: Matrix): number[] {
  const [[first, product], [, second]] = gramian as [[number, number], [number, number]];
  // Each from its own difference: 1 − α would lose a small share.
  const shares = [Math.max(0, second - product), Math.max(0, first - product)];
  const sum = total(shares);
  return sum > 0 ? shares.map((share) => share / sum) : [0.5, 0.5];
}
