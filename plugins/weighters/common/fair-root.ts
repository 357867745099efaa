import type { Matrix } from '../../../core/index.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { dot, multiply } from './linear-algebra.js';
import { isParetoStationary } from './pareto-stationary.js';
import { ofGradients, unitGramian } from './unit-gramian.js';

/** How near the logarithms of both sides come. */
const tolerance = 1e-13;

/**
 * α > 0 of Mα = α^(−p), where gradients of zero norm get 0. It is the minimum of the strictly convex
 * ½ αᵀMα − Σ α^(1−p)/(1−p) (p = 1: − Σ log α). For p = 1 that is Nash's bargaining solution, for p = 1/a the α-fair one.
 *
 * In β = N α, the unit gradients' coefficients, it reads Cβ = w β^(−p), w = n^(p−1). First Newton's method finds the
 * minimum; its system in the relative change δβ/β is definite however far the norms n lie apart. Where they do, rounding
 * hides the short gradients' slopes behind the long ones', so that it then goes on with the equations' logarithms,
 * F = log Cβ + p log β − log w, which all count alike. Ends at |F| ≤ 1e-13, or where rounding ends the progress: the sum
 * M_t·α is known to T·2⁻⁵² of its terms, which can cancel.
 * @param gramian M, T×T
 * @returns none where the gradients are Pareto stationary: no common descent, no root
 */
export function fairRoot(gramian: Matrix, power: number): number[] | undefined {
  const unit = unitGramian(gramian);
  if (unit.active.length === 0 || isParetoStationary(unit.cosines)) return undefined;
  const weights = unit.active.map((task) => (power - 1) * Math.log(unit.norms[task]!));
  const root = logarithmic(unit.cosines, minimiser(unit.cosines, power, weights), power, weights);
  // M = s²M', in units of the longest gradient: M'α' = α'^(−p) for α' = s^(2/(1+p)) α.
  const back = unit.scale ** (-2 / (1 + power));
  return ofGradients(unit, root).map((value) => value * back);
}

/** β of Cβ = w β^(−p), nearly: the minimum, by Newton's method with halved steps. @param logs log w */
function minimiser(cosines: Matrix, power: number, logs: readonly number[]): number[] {
  let root = logs.map((log) => Math.exp(log / (1 + power)));
  for (let round = 0; round < 1000; round++) {
    const slopes = slopesAt(cosines, root, power, logs);
    const change = solve(
      cosines,
      root,
      root.map((value, index) => power * pushAt(value, power, logs[index]!)),
      slopes,
    );
    if (!change) break;
    const fall = -dot(slopes, change);
    let step = Math.min(1, 0.9 / Math.max(...change.map((value) => -value), 0.9));
    let next = moved(root, change, step);
    // Still downhill, or not much uphill: the slope along the step has no cancellation, unlike the objective.
    while (!(along(root, next, change, slopesAt(cosines, next, power, logs)) <= fall / 2) && step > 1e-12) {
      step /= 2;
      next = moved(root, change, step);
    }
    if (step <= 1e-12) break;
    root = next;
    if (largest(change) < 1e-9) break;
  }
  return root;
}

/** w β^(1−p) */
function pushAt(value: number, power: number, log: number): number {
  return Math.exp(log + (1 - power) * Math.log(value));
}

/** β (Cβ − w β^(−p)) */
function slopesAt(
  cosines: Matrix,
  root: readonly number[],
  power: number,
  logs: readonly number[],
): number[] {
  return multiply(cosines, root).map(
    (value, index) => value * root[index]! - pushAt(root[index]!, power, logs[index]!),
  );
}

/** The objective's slope at `next` along the change. */
function along(
  root: readonly number[],
  next: readonly number[],
  change: readonly number[],
  slopes: readonly number[],
): number {
  return slopes.reduce(
    (sum, slope, index) => sum + (slope * root[index]! * change[index]!) / next[index]!,
    0,
  );
}

/** β of Cβ = w β^(−p), from a β with Cβ > 0 near it; that itself, where it has not. @param logs log w */
function logarithmic(
  cosines: Matrix,
  start: readonly number[],
  power: number,
  logs: readonly number[],
): readonly number[] {
  const lacking = (root: readonly number[]): number[] =>
    multiply(cosines, root).map(
      (value, index) => Math.log(value) + power * Math.log(root[index]!) - logs[index]!,
    );
  let root = start;
  let excess = lacking(root);
  for (let round = 0; round < 1000; round++) {
    const size = largest(excess);
    if (!(size > tolerance)) break;
    const pull = multiply(cosines, root).map((value, index) => value * root[index]!);
    const change = solve(
      cosines,
      root,
      pull.map((value) => power * value),
      pull.map((value, index) => value * excess[index]!),
    );
    if (!change) break;
    // Where Cβ or β isn't positive, the logarithm is no number and the step too long.
    let step = 1;
    let next = moved(root, change, step);
    while (!(largest(lacking(next)) <= (1 - step / 4) * size) && step > 1e-9) {
      step /= 2;
      next = moved(root, change, step);
    }
    if (step <= 1e-9) break;
    [root, excess] = [next, lacking(next)];
  }
  return root;
}

function moved(root: readonly number[], change: readonly number[], step: number): number[] {
  return root.map((value, index) => value * (1 + step * change[index]!));
}

/** δ of (BCB + D) δ = −r. @param diagonal of D, positive */
function solve(
  cosines: Matrix,
  root: readonly number[],
  diagonal: readonly number[],
  right: readonly number[],
): number[] | undefined {
  const factor = cholesky(
    cosines.map((row, i) =>
      row.map((cosine, j) => root[i]! * cosine * root[j]! + (i === j ? diagonal[i]! : 0)),
    ),
  );
  return (
    factor &&
    choleskySolve(
      factor,
      right.map((value) => -value),
    )
  );
}

function largest(values: readonly number[]): number {
  return Math.max(...values.map(Math.abs));
}
