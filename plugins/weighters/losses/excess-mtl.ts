import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  definePart,
  innerProduct,
  readScalars,
  type MultiTaskProblem,
  type NamedGradients,
  type NamedState,
  type Weighter,
  type WeighterContext,
} from '../../../core/index.js';
import { softmax } from '../common/softmax.js';
import { rememberedScope, TensorState } from '../common/tensor-state.js';

const options = z.strictObject({
  gradients: rememberedScope,
  stepSize: z.number().positive().default(0.01).describe('η: how fast the weights move.'),
});

type Options = z.output<typeof options>;

/** Added under the root, as in the authors' code. */
const eps = 1e-7;

/**
 * ExcessMTL (He et al. 2024, https://arxiv.org/abs/2402.02009): more weight to the tasks that are farthest from their
 * own optimum, so that noisy labels, whose loss stays high, attract none. The distance, the excess risk, is
 * estimated from the gradients, with AdaGrad's diagonal in the place of the Hessian: per coordinate S_t ← S_t + g_t²,
 *
 *     E_t = Σ g_t² / √(S_t + 1e-7)        ω_t ← T · ω_t exp(η E_t / E_t(1)) / Σ_s ω_s exp(η E_s / E_s(1))
 *
 * The first step has ω = 1 and gives E_t(1), the authors' baseline (the paper's appendix averages a few epochs). It is
 * a loss weighting: ω weighs the heads as well. It costs a backward pass per task and one more.
 */
export const excessMtl = definePart({
  description: 'ExcessMTL (He et al. 2024): more weight to tasks far from their own optimum.',
  options,
  create: (given): Weighter => new ExcessMtl(given),
});

class ExcessMtl implements Weighter {
  readonly parameters = {};
  /** S */
  private readonly squares = new TensorState();
  private omegas: readonly number[] = [];
  /** E_t(1); 0 before a task's first gradient. */
  private initial: readonly number[] = [];

  constructor(private readonly options: Options) {}

  setup({ tasks }: WeighterContext): void {
    this.omegas = tasks.map(() => 1);
    this.initial = tasks.map(() => 0);
  }

  async update(problem: MultiTaskProblem): Promise<NamedGradients> {
    const excess = await this.excess(await problem.perTask(this.options.gradients).perTask());
    const first = this.initial.every((initial) => initial === 0);
    this.initial = this.initial.map((initial, task) => (initial > 0 ? initial : excess[task]!));
    if (!first) this.move(excess);
    return problem.weighted(this.omegas);
  }

  private move(excess: readonly number[]): void {
    const ratios = excess.map((value, task) => (value > 0 ? value / this.initial[task]! : 0));
    // Through logarithms: the exponential of a large ratio is no number any more.
    const logarithms = this.omegas.map(
      (omega, task) => Math.log(omega) + this.options.stepSize * ratios[task]!,
    );
    this.omegas = softmax(logarithms).map((share) => this.omegas.length * share);
  }

  /** E, after the squares were added to S. */
  private excess(gradients: readonly NamedGradients[]): Promise<readonly number[]> {
    return readScalars(() =>
      gradients.map((own, task) => {
        const parts = Object.entries(own).map(([name, gradient]) => this.accumulate(task, name, gradient));
        return parts.length > 0 ? tf.addN(parts) : tf.scalar(0);
      }),
    );
  }

  /** One name's part of E. */
  private accumulate(task: number, name: string, gradient: tf.Tensor): tf.Scalar {
    return tf.tidy(() => {
      const square = tf.square(gradient);
      const before = this.squares.get(task, name, gradient.shape);
      const total = before ? tf.add(before, square) : square.clone();
      this.squares.set(task, name, total);
      // g² / √S = ⟨g, g / √S⟩
      return innerProduct(gradient, tf.div(gradient, tf.sqrt(tf.add(total, eps))));
    });
  }

  weights(): readonly number[] {
    return this.omegas;
  }

  get state(): NamedState {
    return { tensors: this.squares.tensors, values: { weights: this.omegas, initial: this.initial } };
  }

  restore({ tensors, values: { weights, initial } }: NamedState): void {
    this.squares.restore(tensors);
    this.omegas = weights as readonly number[];
    this.initial = initial as readonly number[];
  }

  dispose(): void {
    this.squares.dispose();
  }
}
