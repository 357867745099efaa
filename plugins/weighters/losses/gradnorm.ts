import { z } from 'zod';
import type { GradientScope, Json, MultiTaskProblem } from '../../../core/index.js';
import { HostAdam } from '../common/host-adam.js';
import { filled, total } from '../common/linear-algebra.js';
import { lossWeighting, type LossRule } from '../common/loss-weighting.js';
import { requireLosses } from '../common/require-losses.js';

const options = z.strictObject({
  alpha: z
    .number()
    .min(0)
    .default(1.5)
    .describe('How strongly slow tasks are pulled to the common pace; 0: equal norms.'),
  lr: z.number().positive().default(0.025).describe('Learning rate of the weights’ own Adam.'),
  layers: z
    .array(z.string().min(1))
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'The parameters that the norms are taken of, * at the end: any rest; the paper takes the last shared ' +
        'layer. null: all parameters that several tasks share.',
    ),
});

type Options = z.output<typeof options>;

/** Below this an ω would soon be negative, where its task is unlearned. */
const least = 1e-3;

/**
 * GradNorm (Chen et al. 2018, https://arxiv.org/abs/1711.02257). The ω are trained, by an Adam of their own, until the
 * tasks' gradients have norms that go with their pace. With n_t = ‖∇_W L_t‖ and Ḡ the mean of the G_t,
 *
 *     G_t = ω_t n_t        r_t = (L_t / L_t(0)) / mean        minimise Σ |G_t − Ḡ r_t^α|, the target Ḡ r_t^α constant
 *     so ω_t gets the gradient sign(G_t − Ḡ r_t^α) · n_t; after each step the ω are rescaled to Σ ω_t = T
 *
 * L_t does not depend on ω, so nothing is differentiated twice. A step uses the ω that its G_t are of, and the next step
 * the new ones (the paper's algorithm 1); L_t(0) is the first loss of a task that is not 0. An ω stays at 1e-3 or more
 * before it is rescaled. W is `layers`; all shared parameters by default, since "the last shared layer" is a name that
 * only the user of a network knows.
 */
export const gradnorm = lossWeighting({
  description: 'GradNorm (Chen et al. 2018): trains the weights until the gradients’ norms are in balance.',
  options,
  rule: (given, { tasks }) => new GradNorm(given, tasks.length),
});

class GradNorm implements LossRule {
  private omegas: readonly number[];
  /** L_t(0); 0 where no loss was seen. */
  private initial: readonly number[];
  private readonly adam: HostAdam;
  private readonly scope: GradientScope;

  constructor(
    private readonly options: Options,
    private readonly tasks: number,
  ) {
    this.omegas = filled(tasks, 1);
    this.initial = filled(tasks, 0);
    this.adam = new HostAdam(tasks, options);
    this.scope = options.layers ?? 'shared';
  }

  async weigh(problem: MultiTaskProblem): Promise<readonly number[]> {
    requireLosses(problem, { method: 'gradnorm', zero: true });
    this.initial = this.initial.map((initial, task) => (initial > 0 ? initial : problem.losses[task]!));
    const gramian = await problem.perTask(this.scope).gramian();
    const used = this.omegas;
    this.train(
      gramian.map((row, task) => Math.sqrt(row[task]!)),
      problem.losses,
    );
    return used;
  }

  private train(norms: readonly number[], losses: readonly number[]): void {
    const weighted = norms.map((norm, task) => this.omegas[task]! * norm);
    const ratios = losses.map((loss, task) => (this.initial[task]! > 0 ? loss / this.initial[task]! : 1));
    const [meanNorm, meanRatio] = [mean(weighted), mean(ratios)];
    const gradients = norms.map((norm, task) => {
      const pace = meanRatio > 0 ? ratios[task]! / meanRatio : 1;
      return Math.sign(weighted[task]! - meanNorm * pace ** this.options.alpha) * norm;
    });
    const moved = this.adam.step(this.omegas, gradients).map((omega) => Math.max(omega, least));
    const sum = mean(moved) * this.tasks;
    this.omegas = moved.map((omega) => (this.tasks * omega) / sum);
  }

  get state(): Json {
    return { omegas: this.omegas, initial: this.initial, adam: this.adam.state };
  }

  set state(saved: Json) {
    const { omegas, initial, adam } = saved as { omegas: number[]; initial: number[]; adam: Json };
    [this.omegas, this.initial, this.adam.state] = [omegas, initial, adam];
  }
}

function mean(values: readonly number[]): number {
  return total(values) / values.length;
}
