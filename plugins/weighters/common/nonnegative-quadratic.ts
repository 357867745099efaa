import type { Matrix } from '../../../core/index.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { dot, filled } from './linear-algebra.js';

/** Double's unit of rounding. */
const epsilon = 2 ** -52;

/**
 * Minimises ½ xᵀQx − bᵀx over x ≥ 0 by an active set: nonnegative least squares in the normal equations (Lawson &
 * Hanson 1974, ch. 23, in the form of Bro & De Jong 1997). Exact: at the end Qx = b where x > 0 and Qx ≥ b elsewhere,
 * up to rounding, 4k·2⁻⁵² of (max |b| + Σ x). It ends for singular Q too: a column that depends on those in use,
 * which in exact arithmetic would not be asked for, is left out, and the rounds are counted.
 * @param matrix Q, k×k, positive semidefinite, with entries of the size of 1
 * @param linear b, in the range of Q up to a part that Q's cone bounds
 */
export function nonnegativeQuadratic(matrix: Matrix, linear: readonly number[]): number[] {
  const size = linear.length;
  const solution = filled(size, 0);
  let passive: number[] = [];
  const refused = new Set<number>();
  for (let round = 0; round < 30 * size; round++) {
    const entering = steepest(matrix, linear, solution, new Set([...passive, ...refused]));
    if (entering === undefined) break;
    passive = enter(matrix, linear, solution, [...passive, entering]) ?? passive;
    if (passive.includes(entering)) refused.clear();
    else refused.add(entering);
  }
  return solution;
}

/** Where the objective falls most; none where it falls nowhere by more than rounding. */
function steepest(
  matrix: Matrix,
  linear: readonly number[],
  solution: readonly number[],
  without: ReadonlySet<number>,
): number | undefined {
  const size = Math.max(...linear.map(Math.abs)) + solution.reduce((sum, value) => sum + value, 0);
  let best: number | undefined;
  let descent = 4 * linear.length * epsilon * size;
  for (const [index, value] of linear.entries()) {
    if (without.has(index)) continue;
    const slope = value - dot(matrix[index]!, solution);
    if (slope > descent) [best, descent] = [index, slope];
  }
  return best;
}

/**
 * Moves the solution to the minimum over the columns given, dropping on the way those that would turn negative.
 * @returns the columns left; none where they depend on each other, the solution then being as it was
 */
function enter(
  matrix: Matrix,
  linear: readonly number[],
  solution: number[],
  columns: number[],
): number[] | undefined {
  let passive = columns;
  for (;;) {
    const target = minimum(matrix, linear, passive);
    if (!target) return undefined;
    const blocked = passive.filter((_, place) => target[place]! <= 0);
    const before = passive.map((index) => solution[index]!);
    const reach = Math.min(
      1,
      ...passive.map((_, place) => {
        if (target[place]! > 0) return 1;
        return before[place]! > 0 ? before[place]! / (before[place]! - target[place]!) : 0;
      }),
    );
    passive.forEach((index, place) => {
      solution[index] = before[place]! + reach * (target[place]! - before[place]!);
    });
    if (blocked.length === 0) {
      // Without the rounding of the step.
      passive.forEach((index, place) => (solution[index] = target[place]!));
      return passive;
    }
    // At least the one that blocked leaves, so that this ends.
    const limit = Math.min(...blocked.map((index) => solution[index]!));
    const leaving = new Set(blocked.filter((index) => solution[index]! <= Math.max(0, limit)));
    for (const index of leaving) solution[index] = 0;
    passive = passive.filter((index) => !leaving.has(index));
    if (passive.length === 0) return passive;
  }
}

/** x of Q_PP x = b_P, refined once; none where Q_PP is singular. */
function minimum(
  matrix: Matrix,
  linear: readonly number[],
  passive: readonly number[],
): number[] | undefined {
  const part = passive.map((i) => passive.map((j) => matrix[i]![j]!));
  const right = passive.map((index) => linear[index]!);
  const lower = cholesky(part, 2 * matrix.length * epsilon);
  if (!lower) return undefined;
  const first = choleskySolve(lower, right);
  const correction = choleskySolve(
    lower,
    right.map((value, place) => value - dot(part[place]!, first)),
  );
  return first.map((value, place) => value + correction[place]!);
}
