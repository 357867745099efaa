import { z } from 'zod';
import type { MultiTaskProblem, NamedGradients, NamedState } from '../../../core/index.js';
import type { StepInfo } from '../common/gradient-method.js';
import { innerProducts, namesOf, weightedSum } from '../common/gradient-rows.js';
import { requireLosses } from '../common/require-losses.js';
import { tensorMethod, type TensorPart, type TensorRule } from '../common/tensor-method.js';
import { rememberedScope, TensorState } from '../common/tensor-state.js';

const options = {
  gradients: rememberedScope,
  losses: z
    .null()
    .default(null)
    .describe('None: the method has its own, the logarithm, after which no ω_t is left.'),
  beta: z.number().min(0).lt(1).default(0.9).describe('β: what is kept of the average at the first step.'),
  betaSigma: z.number().min(0).default(0).describe('σ: how β falls with the steps; the paper also uses 0.5.'),
};

/** Added to a loss, as in the authors' code. */
const eps = 1e-8;

/**
 * DB-MTL, dual balancing (Lin et al. 2023, https://arxiv.org/abs/2308.12029): the losses are balanced by their
 * logarithms, the gradients by scaling each to the norm of the largest. With k = 1, 2, … the step, ĝ = 0 before it,
 *
 *     β_k = β / k^σ        ĝ_t ← β_k ĝ_t + (1 − β_k) g_t / (L_t + 1e-8), g_t / L_t being ∇ log L_t
 *     d = Σ_t (max_s ‖ĝ_s‖ / ‖ĝ_t‖) ĝ_t
 *
 * What lies outside the scope, the heads, gets Σ ∇ log L_t. β = 0.9, σ = 0 as in the authors' code.
 */
const part = tensorMethod({
  description:
    'DB-MTL (Lin et al. 2023): gradients of the losses’ logarithms, all scaled to the largest norm.',
  options,
  rule: ({ beta, betaSigma }, tasks) => new DbMtl(beta, betaSigma, tasks),
});

export const dbMtl: TensorPart<typeof options> = {
  ...part,
  create: (given, deps) => {
    const weighter = part.create(given, deps);
    const update = weighter.update.bind(weighter);
    return Object.assign(weighter, { update: (problem: MultiTaskProblem) => update(ofLogarithms(problem)) });
  },
};

/** The problem whose gradients are ∇ log L_t, that is of ω_t L_t = 1 with ω_t = 1 / L_t. */
function ofLogarithms(problem: MultiTaskProblem): MultiTaskProblem {
  requireLosses(problem, { method: 'dbMtl', zero: true });
  const inverse = problem.losses.map((loss) => 1 / (loss + eps));
  const times = (weights: readonly number[] | undefined): readonly number[] =>
    weights ? weights.map((weight, task) => weight * inverse[task]!) : inverse;
  return {
    tasks: problem.tasks,
    losses: problem.losses.map(() => 1),
    weighted: (weights) => problem.weighted(times(weights)),
    perTask: (scope, weights) => problem.perTask(scope, times(weights)),
  };
}

class DbMtl implements TensorRule {
  /** ĝ */
  private readonly averages = new TensorState();

  constructor(
    private readonly beta: number,
    private readonly betaSigma: number,
    private readonly tasks: number,
  ) {}

  async combine(gradients: readonly NamedGradients[], { step, losses }: StepInfo): Promise<NamedGradients> {
    const beta = this.beta / (step + 1) ** this.betaSigma;
    const averages = Array.from({ length: this.tasks }, (_, task) =>
      this.averages.track(task, gradients[task]!, namesOf(gradients), {
        keep: beta,
        take: (1 - beta) / (losses[task]! + eps),
      }),
    );
    const norms = (await innerProducts(averages.map((row) => [row, row]))).map(Math.sqrt);
    const largest = Math.max(...norms);
    return weightedSum(
      averages,
      norms.map((norm) => (norm > 0 ? largest / norm : 0)),
    );
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
