import type { Matrix } from '../../../core/index.js';
import { filled } from './linear-algebra.js';

/** A Gramian taken apart into lengths and angles. */
export interface UnitGramian {
  /** ‖g_t‖, divided by the longest; one per task, 0 where the gradient is zero. */
  readonly norms: readonly number[];
  /** The longest gradient's norm. */
  readonly scale: number;
  /** The tasks whose gradients are not zero. */
  readonly active: readonly number[];
  /** C_ij = cos ∠(g_i, g_j) of the active tasks, in their order: ones on the diagonal. */
  readonly cosines: Matrix;
}

/**
 * M = s² N C N with N = diag(norms). The solvers work on C: its entries are of one size whatever the gradients' lengths
 * are, so that a task of norm 1e-6 beside one of 1e6 is more than rounding.
 * @param gramian M, T×T
 */
export function unitGramian(gramian: Matrix): UnitGramian {
  const lengths = gramian.map((row, task) => Math.sqrt(Math.max(0, row[task]!)));
  const scale = Math.max(0, ...lengths);
  const active = [...lengths.keys()].filter((task) => lengths[task]! > 0);
  const cosines = active.map((i) =>
    active.map((j) => {
      if (i === j) return 1;
      // One after the other: the product of two small lengths can vanish.
      return Math.min(1, Math.max(-1, gramian[i]![j]! / lengths[i]! / lengths[j]!));
    }),
  );
  return { norms: lengths.map((length) => (scale > 0 ? length / scale : 0)), scale, active, cosines };
}

/**
 * Coefficients of the gradients from those of the unit gradients: y_t / ‖g_t‖, and 0 where a gradient is zero.
 * @param values y of the active tasks
 * @returns up to the factor `scale`; one per task
 */
export function ofGradients({ norms, active }: UnitGramian, values: readonly number[]): number[] {
  const coefficients = filled(norms.length, 0);
  active.forEach((task, index) => (coefficients[task] = values[index]! / norms[task]!));
  return coefficients;
}
