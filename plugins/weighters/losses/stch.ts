import { z } from 'zod';
import type { Json, MultiTaskProblem } from '../../../core/index.js';
import { filled } from '../common/linear-algebra.js';
import { lossWeighting, type LossRule } from '../common/loss-weighting.js';
import { requireLosses } from '../common/require-losses.js';
import { softmax } from '../common/softmax.js';

const options = z.strictObject({
  mu: z.number().positive().default(1).describe('μ: how smooth; towards 0 only the worst task counts.'),
  warmupEpochs: z
    .int()
    .min(0)
    .default(4)
    .describe('Epochs that minimise Σ log L; the last one’s mean losses are the nadir. 0: the nadir is 1.'),
});

type Options = z.output<typeof options>;

/**
 * Smooth Tchebycheff scalarisation (Lin et al. 2024, https://arxiv.org/abs/2402.19078) in the form that the authors
 * use for multi-task learning: a smooth maximum of the losses' logarithms, against a nadir z.
 *
 *     L = T · μ · log Σ_t exp(log(L_t / z_t) / μ)        ω_t = T · softmax(log(L / z) / μ)_t / L_t
 *
 * In the warm-up L = Σ log L_t, so ω_t = 1 / L_t; z_t is the mean loss of its last epoch. (The paper's own formula, for
 * losses of like scale, has L_t − z*_t in the place of log(L_t / z_t).)
 */
export const stch = lossWeighting({
  description: 'Smooth Tchebycheff scalarisation (Lin et al. 2024): a smooth maximum of the losses.',
  options,
  rule: (given, { tasks }) => new Stch(given, tasks.length),
});

/** Under this a loss counts as this. */
const least = 1e-20;

class Stch implements LossRule {
  private epoch = 0;
  /** z_t */
  private nadir: readonly number[];

  constructor(
    private readonly options: Options,
    private readonly tasks: number,
  ) {
    this.nadir = filled(tasks, 1);
  }

  weigh(problem: MultiTaskProblem): readonly number[] {
    requireLosses(problem, { method: 'stch', zero: true });
    const losses = problem.losses.map((loss) => Math.max(loss, least));
    if (this.epoch < this.options.warmupEpochs) return losses.map((loss) => 1 / loss);
    const shares = softmax(losses.map((loss, task) => Math.log(loss / this.nadir[task]!) / this.options.mu));
    return shares.map((share, task) => (this.tasks * share) / losses[task]!);
  }

  endEpoch(meanLosses: readonly number[]): void {
    this.epoch += 1;
    if (this.epoch === this.options.warmupEpochs)
      this.nadir = meanLosses.map((loss) => Math.max(loss, least));
  }

  get state(): Json {
    return { epoch: this.epoch, nadir: this.nadir };
  }

  set state(saved: Json) {
    const { epoch, nadir } = saved as { epoch: number; nadir: number[] };
    [this.epoch, this.nadir] = [epoch, nadir];
  }
}
