import { z } from 'zod';
import { badValue, type Json, type MultiTaskProblem, type WeighterContext } from '../../../core/index.js';
import { HostAdam } from '../common/host-adam.js';
import { dot, total } from '../common/linear-algebra.js';
import { lossWeighting, type LossRule } from '../common/loss-weighting.js';
import { inTaskOrder, perTask } from '../common/per-task.js';
import { softmax } from '../common/softmax.js';

const options = z.strictObject({
  lr: z.number().positive().default(0.025).describe('Learning rate of the weights’ own Adam.'),
  gamma: z.number().min(0).default(0.01).describe('γ: weight decay of that Adam, towards even weights.'),
  minLosses: perTask(z.number())
    .nullable()
    .default(null)
    .describe('The least that each loss can be, by task name or as a list; null: 0.'),
});

/** Added to what is under a logarithm, as in the authors' code. */
const eps = 1e-8;

/**
 * FAMO, fast adaptive multitask optimization (Liu et al. 2023, https://arxiv.org/abs/2306.03792): all tasks are to
 * improve at the same rate, without a gradient per task. With D_t = L_t − min_t + 1e-8 and one trainable w_t per task,
 * start 0,
 *
 *     z = softmax(w)        ω_t = c z_t / D_t, c = 1 / Σ (z_s / D_s), so that Σ ω_t = 1: the paper's normalisation
 *     after the update, on the same batch: δ_t = log D_t before − log D_t after
 *     w ← Adam step along ∂z/∂w · δ = z ⊙ (δ − Σ z_s δ_s), with weight decay γ
 *
 * so the task that gained least gets more weight. γ = 0.01 as in the authors' code (LibMTL: 1e-3), which
 * also clips the gradient's norm to 1: here that is the run's own option.
 */
export const famo = lossWeighting({
  description: 'FAMO (Liu et al. 2023): more weight to the tasks that the last updates helped least.',
  options,
  rule: (given, context) => new Famo(given, context),
});

class Famo implements LossRule {
  private w: readonly number[];
  private readonly tasks: readonly string[];
  private readonly minLosses: readonly number[];
  private readonly adam: HostAdam;
  /** log D_t of the step under way. */
  private before: readonly number[] | undefined;

  constructor({ lr, gamma, minLosses }: z.output<typeof options>, { tasks }: WeighterContext) {
    this.tasks = tasks;
    this.w = tasks.map(() => 0);
    this.minLosses = minLosses ? inTaskOrder(minLosses, tasks, 'weighter.minLosses') : this.w;
    this.adam = new HostAdam(tasks.length, { lr, weightDecay: gamma });
  }

  weigh({ losses }: MultiTaskProblem): readonly number[] {
    const distances = this.distances(losses);
    this.before = distances.map(Math.log);
    const shares = softmax(this.w).map((z, task) => z / distances[task]!);
    const sum = total(shares);
    return shares.map((share) => share / sum);
  }

  async afterStep(losses: () => Promise<readonly number[]>): Promise<void> {
    const { before } = this;
    if (!before) return;
    this.before = undefined;
    const gains = this.distances(await losses()).map((distance, task) => before[task]! - Math.log(distance));
    const z = softmax(this.w);
    const mean = dot(z, gains);
    this.w = this.adam.step(
      this.w,
      gains.map((gain, task) => z[task]! * (gain - mean)),
    );
  }

  /** D_t */
  private distances(losses: readonly number[]): number[] {
    return losses.map((loss, task) => {
      const distance = loss - this.minLosses[task]! + eps;
      if (distance > 0) return distance;
      throw badValue('CONFIG_INVALID', {
        what: `the loss of "${this.tasks[task]!}"`,
        expected: `its minimum ${this.minLosses[task]!} or more, as famo needs it`,
        found: String(loss),
        fix: 'lower it in weighter.minLosses',
      });
    });
  }

  get state(): Json {
    return { w: this.w, adam: this.adam.state };
  }

  set state(saved: Json) {
    const { w, adam } = saved as { w: number[]; adam: Json };
    [this.w, this.adam.state, this.before] = [w, adam, undefined];
  }
}
