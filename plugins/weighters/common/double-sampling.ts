import {
  innerProducts,
  type Json,
  type Matrix,
  type NamedGradients,
  type NamedState,
} from '../../../core/index.js';
import type { TensorRule } from './tensor-method.js';
import { TensorState } from './tensor-state.js';
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
  /** g_t(ξ) */
  private readonly first = new TensorState();
  private collected = false;
  private cross: Matrix | null = null;
  private shares: readonly number[];

  constructor(
    private readonly method: DoubleSampling,
    tasks: number,
  ) {
    this.shares = filled(tasks, 1 / tasks);
  }

  async combine(gradients: readonly NamedGradients[]): Promise<readonly number[] | null> {
    if (this.cross) {
      this.shares = this.method.weigh(this.cross, this.shares);
      this.cross = null;
      return this.method.coefficients(this.shares);
    }
    if (this.collected) {
      this.cross = await crossGramian(
        gradients.map((_, task) => this.first.row(task)),
        gradients,
      );
      this.first.dispose();
    } else {
      gradients.forEach((named, task) => {
        for (const [name, tensor] of Object.entries(named)) this.first.set(task, name, tensor.clone());
      });
    }
    this.collected = !this.collected;
    return null;
  }

  get state(): NamedState {
    const values = { weights: this.shares, cross: this.cross, collected: this.collected };
    return { tensors: this.first.tensors, values };
  }

  restore({ tensors, values: { weights, cross, collected } }: NamedState): void {
    this.first.restore(tensors);
    this.shares = weights as readonly number[];
    this.cross = cross as Json & (Matrix | null);
    this.collected = collected as boolean;
  }

  dispose(): void {
    this.first.dispose();
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
