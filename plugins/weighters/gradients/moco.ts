import { z } from 'zod';
import {
  combineGradients,
  gramianOf,
  innerProducts,
  type NamedGradients,
  type NamedState,
} from '../../../core/index.js';
import type { StepInfo } from '../common/gradient-method.js';
import { namesOf } from '../common/gradient-rows.js';
import { filled, multiply } from '../common/linear-algebra.js';
import { projectOntoSimplex } from '../common/simplex-projection.js';
import { softmax } from '../common/softmax.js';
import { tensorMethod, type TensorRule } from '../common/tensor-method.js';
import { rememberedScope, TensorState } from '../common/tensor-state.js';

const options = {
  gradients: rememberedScope,
  beta: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .describe('β: how fast y follows the gradients; 1: at once.'),
  betaSigma: z.number().min(0).default(0.5).describe('How β falls with the steps: β_k = β / k^σ.'),
  gamma: z.number().positive().default(0.1).describe('γ: step size of λ.'),
  gammaSigma: z.number().min(0).default(0.5).describe('How γ falls with the steps: γ_k = γ / k^σ.'),
  rho: z.number().min(0).default(0).describe('ρ: pulls λ towards even weights.'),
  simplex: z
    .enum(['projection', 'softmax'])
    .default('projection')
    .describe('How λ is brought back to the simplex: the paper’s projection, or softmax as in public code.'),
  normalize: z
    .boolean()
    .default(false)
    .describe('Whether y follows L_t g_t / ‖g_t‖ in the place of g_t, as in public code.'),
};

type Options = Omit<z.output<z.ZodObject<typeof options>>, 'gradients'>;

/**
 * MoCo, stochastic multi-objective gradient correction (Fernando et al. 2023, https://arxiv.org/abs/2210.12624): a
 * tracked gradient per task, which noise does not bias, and weights that follow the min-norm point of MGDA slowly. With
 * k = 1, 2, … the step, y = 0 and λ = 1/T before it,
 *
 *     y_t ← y_t − β_k (y_t − g_t)        λ ← Π(λ − γ_k (Y Yᵀ + ρ I) λ)        d = Σ λ_t y_t
 *
 * Π is the projection to the simplex, so Σ λ_t = 1: d is of the size of a mean. The defaults of β, γ, their decay and
 * ρ are LibMTL's, which got them from the authors; `simplex: softmax` and `normalize: true` make it LibMTL's method.
 */
export const moco = tensorMethod({
  description: 'MoCo (Fernando et al. 2023): tracked gradients, with weights that follow MGDA’s slowly.',
  options,
  rule: (given, tasks) => new MoCo(given, tasks),
});

class MoCo implements TensorRule {
  private readonly tracked = new TensorState();
  private lambda: readonly number[];

  constructor(
    private readonly options: Options,
    tasks: number,
  ) {
    this.lambda = filled(tasks, 1 / tasks);
  }

  async combine(gradients: readonly NamedGradients[], { step, losses }: StepInfo): Promise<NamedGradients> {
    const { beta, betaSigma, gamma, gammaSigma } = this.options;
    const k = step + 1;
    const keep = 1 - beta / k ** betaSigma;
    const scales = this.options.normalize ? await scalesOf(gradients, losses) : losses.map(() => 1);
    const names = namesOf(gradients);
    const rows = gradients.map((own, task) =>
      this.tracked.track(task, own, names, { keep, take: (1 - keep) * scales[task]! }),
    );
    await this.weigh(rows, gamma / k ** gammaSigma);
    return combineGradients(rows, this.lambda);
  }

  /** One step of λ. */
  private async weigh(rows: readonly NamedGradients[], gamma: number): Promise<void> {
    const slopes = multiply(await gramianOf(rows), this.lambda);
    const moved = this.lambda.map(
      (lambda, task) => lambda - gamma * (slopes[task]! + this.options.rho * lambda),
    );
    this.lambda = this.options.simplex === 'softmax' ? softmax(moved) : projectOntoSimplex(moved);
  }

  get weights(): readonly number[] {
    return this.lambda;
  }

  get state(): NamedState {
    return { tensors: this.tracked.tensors, values: { lambda: this.lambda } };
  }

  restore({ tensors, values: { lambda } }: NamedState): void {
    this.tracked.restore(tensors);
    this.lambda = lambda as readonly number[];
  }

  dispose(): void {
    this.tracked.dispose();
  }
}

/** L_t / ‖g_t‖; 0 for a task without a gradient. */
async function scalesOf(
  gradients: readonly NamedGradients[],
  losses: readonly number[],
): Promise<readonly number[]> {
  const squares = await innerProducts(gradients.map((row) => [row, row]));
  return squares.map((square, task) => (square > 0 ? losses[task]! / Math.sqrt(square) : 0));
}
