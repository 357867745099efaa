import * as tf from '@tensorflow/tfjs';
import type { Json, Matrix, NamedGradients, NamedState } from '../../../core/index.js';
import type { TensorRule } from './tensor-method.js';
import { innerProducts } from './gradient-rows.js';
import { filled } from './linear-algebra.js';

/** What a method of double sampling makes of two independent batches. */
export interface DoubleSampling {
  /**
   * The weights, from those of the last update.
   * @param cross ⟨g_i(ξ), g_j(ξ′)⟩, T×T: not symmetric, and its expectation is the Gramian of the expected gradients
   * @param weights on the simplex, at first 1/T
   */
  weigh(cross: Matrix, weights: readonly number[]): readonly number[];
  /** The coefficients of the third batch's gradients. */
  coefficients(weights: readonly number[]): readonly number[];
}

/**
 * Updates on every third batch. A batch's Gramian is biased, for it squares the noise: the first two, ξ and ξ′, serve for
 * products across batches, which are not; the third, ζ, is combined. On collecting steps the parameters stay.
 * Between ξ and ξ′ the gradients themselves are kept, afterwards T×T numbers.
 */
export class DoubleSamplingRule implements TensorRule {
  private kept: NamedGradients[] = [];
  private cross: Matrix | null = null;
  private shares: readonly number[];

  constructor(
    private readonly method: DoubleSampling,
    private readonly tasks: number,
  ) {
    this.shares = filled(tasks, 1 / tasks);
  }

  async combine(gradients: readonly NamedGradients[]): Promise<readonly number[] | null> {
    if (this.cross) {
      this.shares = this.method.weigh(this.cross, this.shares);
      this.cross = null;
      return this.method.coefficients(this.shares);
    }
    if (this.kept.length === 0) this.keep(gradients);
    else {
      this.cross = await crossGramian(this.kept, gradients);
      this.dispose();
    }
    return null;
  }

  get state(): NamedState {
    const tensors = this.kept.flatMap((named, task) =>
      Object.entries(named).map(([name, tensor]) => [`${task}.${name}`, tensor] as const),
    );
    return {
      tensors: Object.fromEntries(tensors),
      values: { weights: this.shares, cross: this.cross, kept: this.kept.length > 0 },
    };
  }

  restore({ tensors, values: { weights, cross, kept } }: NamedState): void {
    this.dispose();
    this.shares = weights as readonly number[];
    this.cross = cross as Json & (Matrix | null);
    if (!kept) return;
    const entries = Object.entries(tensors).map(([key, tensor]) => ({
      task: Number(key.slice(0, key.indexOf('.'))),
      name: key.slice(key.indexOf('.') + 1),
      tensor,
    }));
    this.keep(
      Array.from({ length: this.tasks }, (_, index) =>
        Object.fromEntries(
          entries.filter(({ task }) => task === index).map(({ name, tensor }) => [name, tensor]),
        ),
      ),
    );
  }

  dispose(): void {
    tf.dispose(this.kept);
    this.kept = [];
  }

  private keep(gradients: readonly NamedGradients[]): void {
    this.kept = gradients.map((named) =>
      Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, tf.clone(tensor)])),
    );
  }
}

/** ⟨g_i, h_j⟩, T×T. */
async function crossGramian(
  left: readonly NamedGradients[],
  right: readonly NamedGradients[],
): Promise<Matrix> {
  const products = await innerProducts(left.flatMap((own) => right.map((other) => [own, other] as const)));
  return left.map((_, i) => products.slice(i * right.length, (i + 1) * right.length));
}
