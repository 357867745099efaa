import { z } from 'zod';
import type { Matrix } from '../../../core/index.js';
import { gramianMethod, type GramianRule } from '../common/gramian-method.js';
import { combinedNorm, dot, filled } from '../common/linear-algebra.js';

/**
 * Gradient vaccine (Wang et al. 2021, https://arxiv.org/abs/2010.05874): for each task i, ĝ = g_i, then over the
 * others j in random order, with φ = cos ∠(ĝ, g_j) and φ̂ the pair's target, wherever φ < φ̂
 *
 *   ĝ ← ĝ + ‖ĝ‖ (φ̂ √(1 − φ²) − φ √(1 − φ̂²)) / (‖g_j‖ √(1 − φ̂²)) · g_j,
 *
 * which brings the cosine up to φ̂; and φ̂ ← (1 − β) φ̂ + β φ, from 0 on. d = Σ ĝ. Each step of it is linear, so that
 * coefficients do: ĝ = Gᵀe.
 *
 * The paper: β = 0.01, one target for each pair and layer; here the scope is taken whole, as LibMTL does by default.
 * LibMTL has β = 0.5 and moves a target only where φ < φ̂.
 */
export const gradvac = gramianMethod({
  description: 'GradVac: raises the gradients’ cosines to their running means (Wang et al. 2021).',
  options: {
    beta: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('How fast the target cosines follow those seen: 0 never, 1 at once.'),
  },
  rule: ({ beta }, tasks) => {
    const rule: GramianRule & { state: number[][] } = {
      state: Array.from({ length: tasks }, () => filled(tasks, 0)),
      weigh(gramian, { random: stream }) {
        const sum = filled(tasks, 0);
        const targets = rule.state.map((row) => [...row]);
        for (let i = 0; i < tasks; i++) {
          const others = [...stream.permutation(tasks)].filter((j) => j !== i);
          vaccinate(gramian, i, others, targets[i]!, beta).forEach((value, task) => (sum[task]! += value));
        }
        rule.state = targets;
        return sum;
      },
    };
    return rule;
  },
});

/** The coefficients of ĝ_i. Moves the targets. */
function vaccinate(
  gramian: Matrix,
  task: number,
  others: readonly number[],
  targets: number[],
  beta: number,
): number[] {
  const own = filled(gramian.length, 0);
  own[task] = 1;
  for (const j of others) {
    const [length, other] = [combinedNorm(gramian, own), Math.sqrt(Math.max(0, gramian[j]![j]!))];
    // Nothing has no direction: neither a conflict nor a cosine to be remembered.
    if (length === 0 || other === 0) continue;
    const cosine = Math.min(1, Math.max(-1, dot(gramian[j]!, own) / length / other));
    const target = targets[j]!;
    const sine = Math.sqrt(1 - target * target);
    // A target of 1 is reached by no finite multiple of g_j.
    if (cosine < target && sine > 0)
      own[j]! += (length * (target * Math.sqrt(1 - cosine * cosine) - cosine * sine)) / (other * sine);
    targets[j] = (1 - beta) * target + beta * cosine;
  }
  return own;
}
