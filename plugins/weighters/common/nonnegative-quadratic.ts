import type { Matrix } from '../../../core/index.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { dot, filled, total } from './linear-algebra.js';

/** Double's unit of rounding. */
const epsilon = 2 ** -52;

/**
 * Minimises ½ xᵀQx − bᵀx over x ≥ 0 by an active set: nonnegative least squares in the normal equations (Lawson &
 * Hanson 1974, ch. 23, in the form of Bro & De Jong 1997). Exact: at the end Qx = b where x > 0 and Qx ≥ b elsewhere,
 * up to rounding, 4k·2⁻⁵² of (max |b| + Σ x). Q may be singular: a column that depends on those in use comes in for one
 * of them, as in the simplex method. Where the objective has no minimum, the conditions are left unmet. The rounds are
 * counted, so that it ends.
 * @param matrix Q, k×k, positive semidefinite, with entries of the size of 1
 * @param linear b
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
  const size = Math.max(...linear.map(Math.abs)) + total(solution);
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
 * @param columns the last one new
 * @returns the columns left; none where the objective falls without end, the solution then being as it was
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
    if (!target) {
      const exchanged = passive === columns ? exchange(matrix, solution, columns) : undefined;
      if (!exchanged) return undefined;
      passive = exchanged;
      continue;
    }
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

/**
 * Where the last column depends on the others: goes along Qz = 0, on which the objective is linear, until one of the
 * others is used up.
 * @returns the columns left; none where that never happens
 */
function exchange(matrix: Matrix, solution: number[], columns: readonly number[]): number[] | undefined {
  const entering = columns.at(-1)!;
  const others = columns.slice(0, -1);
  const kernel = minimum(
    matrix,
    matrix[entering]!.map((value) => -value),
    others,
  );
  if (!kernel) return undefined;
  // Falling, and not merely through rounding.
  const least = -1e-12 * Math.max(1, ...kernel.map(Math.abs));
  const reaches = others.map((index, place) =>
    kernel[place]! < least ? -solution[index]! / kernel[place]! : Infinity,
  );
  const reach = Math.min(...reaches);
  if (reach === Infinity) return undefined;
  const leaving = reaches.indexOf(reach);
  others.forEach((index, place) => {
    solution[index] = place === leaving ? 0 : Math.max(0, solution[index]! + reach * kernel[place]!);
  });
  solution[entering]! += reach;
  return columns.filter((_, place) => place !== leaving);
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
