import type { Matrix } from '../../../core/index.js';
import { combinedNorm } from './linear-algebra.js';
import { minNormPoint } from './min-norm-point.js';

/**
 * Whether no direction makes all the gradients' products with it positive: zero lies in their convex hull (Pareto
 * stationarity). Lengths don't matter for that, so it is asked of the unit gradients: the hull comes nearer to zero
 * than 2⁻²⁴·√T, about what rounding of the Gramian leaves of zero.
 * @param cosines of the gradients that are not zero
 */
export function isParetoStationary(cosines: Matrix): boolean {
  const point = minNormPoint(cosines);
  return combinedNorm(cosines, point) <= 2 ** -24 * Math.sqrt(cosines.length);
}
