import type { Matrix } from '../../../core/index.js';
import { isParetoStationary } from './pareto-stationary.js';
import { combinedNorm, dot, filled, multiply, total } from './linear-algebra.js';
import { nonnegativeQuadratic } from './nonnegative-quadratic.js';
import { ofGradients, unitGramian, type UnitGramian } from './unit-gramian.js';

/** How near the distance comes to the radius, relative to it. */
const tolerance = 1e-14;

/** A projection of g₀ onto { d : g_t·d ≥ μ for all t }. */
interface Projection {
  /** y of d = g₀ + Σ y_t g_t, per task. */
  readonly added: readonly number[];
  /** ‖d − g₀‖ */
  readonly distance: number;
  /** Whether the solver met g_t·d ≥ μ; if not, there's no such d. */
  readonly feasible: boolean;
}

/**
 * CAGrad's inner problem, max over ‖d − g₀‖ ≤ c‖g₀‖ of min_t g_t·d, with g₀ the mean gradient: y ≥ 0 of the solution
 * d = g₀ + Gᵀy, where the paper has y = (c‖g₀‖/‖g_w‖) w.
 *
 * By its dual the d that reaches a worst case μ in the smallest ball is the projection of g₀ onto
 * { d : g_t·d ≥ μ }, a nonnegative quadratic problem. Its distance is convex and rising in μ, with slope Σ y / distance,
 * so that the μ at the ball's edge is a root for Newton's method in a bracket; the distance meets the radius to 1e-14.
 * Where zero lies in the gradients' hull, no μ above 0 can be reached: then the projection onto the dual cone answers
 * if the ball has room for it, which is where g_w = 0 leaves the paper's formula open (0/0).
 * @param gramian M, T×T
 * @param c at least 0
 */
export function worstCaseAscent(gramian: Matrix, c: number): readonly number[] {
  const tasks = gramian.length;
  const unit = unitGramian(gramian);
  const scaled = gramian.map((row) => row.map((value) => value / unit.scale / unit.scale));
  const mean = multiply(scaled, filled(tasks, 1 / tasks));
  const radius = c * combinedNorm(scaled, filled(tasks, 1 / tasks));
  if (unit.scale === 0 || !(radius > 0)) return filled(tasks, 0);
  const project = (level: number): Projection => projection(scaled, unit, mean, level);

  const low = Math.min(...mean);
  let high = Math.min(...unit.norms) * (radius + radius / c);
  if (unit.active.length < tasks || isParetoStationary(unit.cosines)) {
    const conflictFree = project(0);
    if (low >= 0 || conflictFree.distance <= radius) return conflictFree.added;
    high = 0;
  }
  return atEdge(project, radius, low, high);
}

/** Newton from the right of the root, halving the bracket where that leaves it. */
function atEdge(
  project: (level: number) => Projection,
  radius: number,
  lowest: number,
  highest: number,
): readonly number[] {
  let [low, high] = [lowest, highest];
  let level = (low + high) / 2;
  let best = project(low).added;
  for (let round = 0; round < 200; round++) {
    const { added, distance, feasible } = project(level);
    const excess = distance - radius;
    if (feasible && Math.abs(excess) <= tolerance * radius) return added;
    if (feasible && excess < 0) [low, best] = [level, added];
    else high = level;
    const newton = level - (excess * distance) / total(added);
    const inside = feasible && newton > low && newton < high;
    const next = inside ? newton : (low + high) / 2;
    if (!(next > low && next < high)) break;
    level = next;
  }
  return best;
}

function projection(gramian: Matrix, unit: UnitGramian, mean: readonly number[], level: number): Projection {
  const lacking = unit.active.map((task) => (level - mean[task]!) / unit.norms[task]!);
  const values = nonnegativeQuadratic(unit.cosines, lacking);
  const added = ofGradients(unit, values);
  const size = Math.max(...lacking.map(Math.abs)) + total(values);
  const feasible = lacking.every((value, index) => value - dot(unit.cosines[index]!, values) <= 1e-12 * size);
  return { added, distance: combinedNorm(gramian, added), feasible };
}
