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

const options = z.strictObject({});

/**
 * IMTL-L, the loss balance of impartial multi-task learning (Liu et al. 2021, https://openreview.net/forum?id=IMPnRXEWpvr).
 * Per task one trainable s_t, start 0, that brings the scaled losses to one size:
 *
 *     L = Σ_t e^(s_t) L_t − s_t        ω_t = e^(s_t)        dL/ds_t = ω_t L_t − 1
 *
 * At rest ω_t L_t = 1. The s_t are updated by the run's optimizer. With the paper's gradient balance on top of it,
 * IMTL-G, it is IMTL.
 */
export const imtlL = definePart({
  description: 'IMTL-L (Liu et al. 2021): one trainable scale per task brings the losses to one size.',
  options,
  create: (): Weighter => new ImtlL(),
});

class ImtlL implements Weighter {
  parameters: Readonly<Record<string, tf.Variable>> = {};

  setup({ tasks }: WeighterContext): void {
    this.parameters = Object.fromEntries(
      tasks.map((task) => [`logScale.${task}`, tf.tidy(() => tf.variable(tf.scalar(0)))]),
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
    const slopes = omegas.map((omega, task) => omega * problem.losses[task]! - 1);
    const own = Object.keys(this.parameters).map((name, task) => [name, tf.scalar(slopes[task]!)] as const);
    return { ...problem.weighted(omegas), ...Object.fromEntries(own) };
  }

  /** ω_t = e^(s_t) */
  async weights(): Promise<number[]> {
    const logScales = tf.tidy(() => tf.stack(Object.values(this.parameters)));
    const values = await logScales.data();
    logScales.dispose();
    return Array.from(values, Math.exp);
  }

  dispose(): void {
    tf.dispose(this.parameters);
  }
}
