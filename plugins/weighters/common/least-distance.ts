import type { Matrix } from '../../../core/index.js';
import { multiply } from './linear-algebra.js';
import { nonnegativeQuadratic } from './nonnegative-quadratic.js';
import { ofGradients, unitGramian } from './unit-gramian.js';

/**
 * v ≥ u minimising vᵀMv: Gᵀv is the projection of Gᵀu onto the dual cone { d : Gd ≥ 0 } of the gradients, since the
 * dual of min ½‖d − Gᵀu‖² over Gd ≥ 0 is min ½‖Gᵀ(u + x)‖² over x ≥ 0. Exact, without anything added to M, whatever its
 * rank: Gᵀv is unique even where v is not. A gradient that is zero keeps v_t = u_t.
 * @param gramian M, T×T
 * @param lower u for each problem, T numbers
 * @returns v for each
 */
export function leastDistance(gramian: Matrix, lower: readonly (readonly number[])[]): number[][] {
  const unit = unitGramian(gramian);
  return lower.map((bound) => {
    const start = unit.active.map((task) => bound[task]! * unit.norms[task]!);
    const added = nonnegativeQuadratic(
      unit.cosines,
      multiply(unit.cosines, start).map((value) => -value),
    );
    const rise = ofGradients(unit, added);
    return bound.map((value, task) => value + rise[task]!);
  });
}
