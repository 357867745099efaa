import { z } from 'zod';
import {
  combineGradients,
  innerProducts,
  RunContainer,
  type NamedGradients,
  type NamedState,
} from '../../../core/index.js';
import type { StepInfo } from '../common/gradient-method.js';
import { namesOf } from '../common/gradient-rows.js';
import { lossWeighting } from '../common/loss-weighting.js';
import { requireLosses } from '../common/require-losses.js';
import { tensorMethod, type TensorRule } from '../common/tensor-method.js';
import { rememberedScope, TensorState } from '../common/tensor-state.js';

const options = {
  gradients: rememberedScope,
  beta: z.number().min(0).lt(1).default(0.9).describe('β: what is kept of the average at the first step.'),
  betaSigma: z.number().min(0).default(0).describe('σ: how β falls with the steps; the paper also uses 0.5.'),
};

/** Added to a loss, as in the authors' code. */
const eps = 1e-8;

/**
 * DB-MTL, dual balancing (Lin et al. 2023, https://arxiv.org/abs/2308.12029): the losses are balanced by their
 * logarithms, the gradients by scaling each to the norm of the largest. With k = 1, 2, … the step, ĝ = 0 before it,
 *
 *     β_k = β / k^σ        ĝ_t ← β_k ĝ_t + (1 − β_k) ∇ log L_t
 *     d = Σ_t (max_s ‖ĝ_s‖ / ‖ĝ_t‖) ĝ_t
 *
 * What lies outside the scope, the heads, gets Σ ∇ log L_t. β = 0.9, σ = 0 as in the authors' code.
 */
export const dbMtl = tensorMethod({
  description:
    'DB-MTL (Lin et al. 2023): gradients of the losses’ logarithms, all scaled to the largest norm.',
  options,
  before: () => logarithm.create({}, new RunContainer()),
  rule: ({ beta, betaSigma }, tasks) => new DbMtl(beta, betaSigma, tasks),
});

/** ω_t = 1 / (L_t + 1e-8): the gradients are those of log L_t, in the heads as well. */
const logarithm = lossWeighting({
  description: 'The losses’ logarithms.',
  options: z.strictObject({}),
  rule: () => ({
    weigh(problem) {
      requireLosses(problem, { method: 'dbMtl', zero: true });
      return problem.losses.map((loss) => 1 / (loss + eps));
    },
  }),
});

class DbMtl implements TensorRule {
  /** max_s ‖ĝ_s‖ / ‖ĝ_t‖ */
  weights: readonly number[] = [];
  /** ĝ */
  private readonly averages = new TensorState();

  constructor(
    private readonly beta: number,
    private readonly betaSigma: number,
    private readonly tasks: number,
  ) {}

  async combine(gradients: readonly NamedGradients[], { step }: StepInfo): Promise<NamedGradients> {
    const beta = this.beta / (step + 1) ** this.betaSigma;
    const averages = Array.from({ length: this.tasks }, (_, task) =>
      this.averages.track(task, gradients[task]!, namesOf(gradients), {
        keep: beta,
        take: 1 - beta,
      }),
    );
    const norms = (await innerProducts(averages.map((row) => [row, row]))).map(Math.sqrt);
    const largest = Math.max(...norms);
    this.weights = norms.map((norm) => (norm > 0 ? largest / norm : 0));
    return combineGradients(averages, this.weights);
  }

  get state(): NamedState {
    return { tensors: this.averages.tensors, values: {} };
  }

  restore({ tensors }: NamedState): void {
    this.averages.restore(tensors);
  }

  dispose(): void {
    this.averages.dispose();
  }
}
