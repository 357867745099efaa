import { z } from 'zod';
import type { Json } from '../../../core/index.js';
import { filled } from '../common/linear-algebra.js';
import { lossWeighting, type LossRule } from '../common/loss-weighting.js';
import { softmax } from '../common/softmax.js';

/**
 * Dynamic weight average (Liu, Johns & Davison 2019, https://arxiv.org/abs/1803.10704). With L̄_t(e) the mean loss of
 * epoch e, a task whose loss falls slowly gets more weight:
 *
 *     r_t = L̄_t(e − 1) / L̄_t(e − 2)        ω_t = T · softmax(r / temperature)_t
 *
 * In the first two epochs ω = 1.
 */
export const dwa = lossWeighting({
  description: 'Dynamic weight average (Liu et al. 2019): more weight to tasks whose loss falls slowly.',
  options: z.strictObject({
    temperature: z.number().positive().default(2).describe('The higher, the more even the weights.'),
  }),
  rule: ({ temperature }, { tasks }) => new Dwa(temperature, tasks.length),
});

class Dwa implements LossRule {
  /** Mean losses of the last two epochs, the older first. */
  private means: readonly (readonly number[])[] = [];

  constructor(
    private readonly temperature: number,
    private readonly tasks: number,
  ) {}

  weigh(): readonly number[] {
    const [before, last] = this.means;
    if (!before || !last) return filled(this.tasks, 1);
    // A loss that was 0 has no rate: it counts as unchanged.
    const rates = last.map((loss, task) => (before[task] === 0 ? 1 : loss / before[task]!));
    return softmax(rates.map((rate) => rate / this.temperature)).map((share) => this.tasks * share);
  }

  endEpoch(meanLosses: readonly number[]): void {
    this.means = [...this.means, meanLosses].slice(-2);
  }

  get state(): Json {
    return this.means;
  }

  set state(saved: Json) {
    this.means = saved as readonly (readonly number[])[];
  }
}
