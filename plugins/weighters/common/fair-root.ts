import type { Matrix } from '../../../core/index.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { isParetoStationary } from './pareto-stationary.js';
import { dot, multiply } from './linear-algebra.js';
import { ofGradients, unitGramian } from './unit-gramian.js';

/** How near β_i (Cβ)_i comes to what it should be, relative to the larger of the two. */
const tolerance = 1e-13;

/**
 * α > 0 of Mα = α^(−p), where gradients of zero norm get 0. It is the minimum of the strictly convex
 * ½ αᵀMα − Σ α^(1−p)/(1−p) (p = 1: − Σ log α), found by Newton's method with step halving. For p = 1 that is
 * Nash's bargaining solution, for p = 1/a the α-fair one.
 *
 * In β = N α, the unit gradients' coefficients, it reads Cβ = n^(p−1) β^(−p); Newton's system in the relative change
 * δβ/β, B C B + p·diag(n^(p−1) β^(1−p)), is then definite however far the norms n lie apart. Ends at a relative
 * residual of 1e-13, or where rounding ends the progress.
 * @param gramian M, T×T
 * @returns none where the gradients are Pareto stationary: no common descent, no root
 */
export function fairRoot(gramian: Matrix, power: number): number[] | undefined {
  const unit = unitGramian(gramian);
  if (unit.active.length === 0 || isParetoStationary(unit.cosines)) return undefined;
  const logs = unit.active.map((task) => (power - 1) * Math.log(unit.norms[task]!));
  let root = logs.map((log) => Math.exp(log / (1 + power)));
  let best = { root, residual: Infinity };
  for (let round = 0, idle = 0; round < 1000 && idle < 5; round++) {
    const state = evaluate(unit.cosines, logs, power, root);
    if (state.residual < best.residual / 2) idle = 0;
    // Far away the residual says little; only near the root does standing still mean the end.
    else if (best.residual < 1e-6) idle += 1;
    if (state.residual < best.residual) best = { root, residual: state.residual };
    if (state.residual <= tolerance) break;
    const next = newtonStep(unit.cosines, logs, power, root, state);
    if (!next) break;
    root = next;
  }
  // s² M' α = α^(−p) of the Gramian M' in units of the longest gradient: α' = s^(2/(1+p)) α.
  const back = unit.scale ** (-2 / (1 + power));
  return ofGradients(unit, best.root).map((value) => value * back);
}

interface State {
  /** β_i (Cβ)_i */
  readonly pull: readonly number[];
  /** n_i^(p−1) β_i^(1−p) */
  readonly push: readonly number[];
  readonly residual: number;
}

function evaluate(cosines: Matrix, logs: readonly number[], power: number, root: readonly number[]): State {
  const pull = multiply(cosines, root).map((value, index) => value * root[index]!);
  const push = root.map((value, index) => Math.exp(logs[index]! + (1 - power) * Math.log(value)));
  const residuals = pull.map(
    (value, index) => Math.abs(value - push[index]!) / Math.max(Math.abs(value), push[index]!),
  );
  return { pull, push, residual: Math.max(...residuals) };
}

/** The next β; none where no step is left that rounding doesn't swallow. */
function newtonStep(
  cosines: Matrix,
  logs: readonly number[],
  power: number,
  root: readonly number[],
  { pull, push }: State,
): number[] | undefined {
  const slope = pull.map((value, index) => value - push[index]!);
  const matrix = cosines.map((row, i) =>
    row.map((cosine, j) => root[i]! * cosine * root[j]! + (i === j ? power * push[i]! : 0)),
  );
  const factor = cholesky(matrix);
  if (!factor) return undefined;
  const change = choleskySolve(
    factor,
    slope.map((value) => -value),
  );
  const fall = -dot(slope, change);
  // Not past zero.
  let step = Math.min(1, 0.9 / Math.max(...change.map((value) => -value), 0.9));
  for (let halving = 0; halving < 60; halving++, step /= 2) {
    const next = root.map((value, index) => value * (1 + step * change[index]!));
    const at = evaluate(cosines, logs, power, next);
    // The slope along the step: still downhill, or not much uphill. It has no cancellation, unlike the objective.
    const along = at.pull.reduce(
      (sum, value, index) => sum + ((value - at.push[index]!) * root[index]! * change[index]!) / next[index]!,
      0,
    );
    if (along <= fall / 2) return next;
  }
  return undefined;
}
