import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  definePart,
  restoreVariables,
  type MultiTaskProblem,
  type NamedGradients,
  type NamedState,
  type Weighter,
  type WeighterContext,
} from '../../../core/index.js';

const options = z.strictObject({
  form: z
    .enum(['authors', 'kendall'])
    .default('authors')
    .describe(
      '½e^(−s)L + s for every task, or Kendall’s own: ½e^(−s)L + ½s, for classification e^(−s)L + ½s.',
    ),
});

/**
 * Uncertainty weighting (Kendall, Gal & Cipolla 2018, https://arxiv.org/abs/1705.07115). Per task one trainable
 * s_t = log σ_t², start 0:
 *
 *     L = Σ_t a_t e^(−s_t) L_t + b s_t
 *
 * `authors`: a = ½, b = 1 (the XTasC-Net authors' code). `kendall`: a = ½ for regression, 1 for classification, b = ½.
 * So ω_t = a_t e^(−s_t), and dL/ds_t = b − ω_t L_t. The s_t are updated by the run's optimizer.
 */
export const uncertainty = definePart({
  description: 'Uncertainty weighting (Kendall et al. 2018): one trainable log-variance per task.',
  options,
  create: ({ form }): Weighter => new Uncertainty(form),
});

class Uncertainty implements Weighter {
  parameters: Readonly<Record<string, tf.Variable>> = {};
  /** a_t */
  private scales: readonly number[] = [];
  private readonly penalty: number;

  constructor(private readonly form: 'authors' | 'kendall') {
    this.penalty = form === 'authors' ? 1 : 0.5;
  }

  setup({ tasks, kinds }: WeighterContext): void {
    this.scales = kinds.map((kind) => (this.form === 'kendall' && kind === 'classification' ? 1 : 0.5));
    this.parameters = Object.fromEntries(
      tasks.map((task) => [`logVariance.${task}`, tf.tidy(() => tf.variable(tf.scalar(0)))]),
    );
  }

  get state(): NamedState {
    return { tensors: this.parameters, values: {} };
  }

  restore(state: NamedState): void {
    restoreVariables(this.parameters, state.tensors, 'weighter');
  }

  async update(problem: MultiTaskProblem): Promise<NamedGradients> {
    const omegas = await this.weights();
    const slopes = omegas.map((omega, task) => this.penalty - omega * problem.losses[task]!);
    const own = Object.keys(this.parameters).map((name, task) => [name, tf.scalar(slopes[task]!)] as const);
    return { ...problem.weighted(omegas), ...Object.fromEntries(own) };
  }

  /** ω_t = a_t e^(−s_t) */
  async weights(): Promise<number[]> {
    const logVariances = tf.tidy(() => tf.stack(Object.values(this.parameters)));
    const values = await logVariances.data();
    logVariances.dispose();
    return this.scales.map((scale, task) => scale * Math.exp(-values[task]!));
  }

  dispose(): void {
    tf.dispose(this.parameters);
  }
}
