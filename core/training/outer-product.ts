import * as tf from '@tensorflow/tfjs';
import { innerProduct } from './inner-product.js';
import { weightedSum } from './named.js';
import type { TapeNode } from './tape-node.js';

/**
 * The gradients W_t = aᵀδ_t of the matrix that a dense layer multiplies its rows with, one per pass, before they are
 * multiplied out. With fewer rows than a has columns, their inner products
 *
 *     ⟨W_i, W_j⟩ = ⟨δ_i, (a aᵀ) δ_j⟩
 *
 * are cheaper without them, and one combination Σ c_t W_t = aᵀ (Σ c_t δ_t) costs what a single gradient costs, in time
 * and in memory. tfjs records a layer so where its activation is ReLU, or where `tf.matMul` is called; of other layers the
 * gradients come multiplied out.
 */
export class OuterProduct {
  /** @param slopes δ_t [rows, out], the product's own; undefined where a pass does not come here */
  constructor(
    private readonly node: TapeNode,
    private readonly slopes: readonly (tf.Tensor | undefined)[],
  ) {}

  /** Whether an operation is a product a · W of this kind, which rows few enough make worth it. */
  static suits({ kernelName, inputs, outputs, saved }: TapeNode, matrix: number): boolean {
    const [a] = saved ?? [];
    const [rows, columns] = a?.shape ?? [];
    if (kernelName !== 'BatchMatMul' || inputs.b!.id !== matrix || a?.rank !== 2) return false;
    const [outRows, out] = outputs[0]!.shape;
    // A square a may have been transposed, which the tape does not tell.
    return rows !== columns && rows === outRows && rows * (columns! + out!) < columns! * out!;
  }

  /** ⟨W_i, W_j⟩ for i ≤ j, row by row; undefined where a pass does not come here. */
  innerProducts(): (tf.Scalar | undefined)[][] {
    const [a] = this.node.saved!;
    const kernel = tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D, false, true);
    const mapped = this.slopes.map((slope) => slope && tf.matMul(kernel, slope as tf.Tensor2D));
    const products = this.slopes.map((left, i) =>
      mapped.slice(i).map((right) => (left && right ? innerProduct(left, right) : undefined)),
    );
    tf.dispose([kernel, ...mapped.filter((tensor) => tensor !== undefined)]);
    return products;
  }

  /** Σ c_t W_t; undefined where no pass comes here. */
  combine(coefficients: readonly number[]): tf.Tensor | undefined {
    return tf.tidy(() => {
      const slope = weightedSum(this.slopes, coefficients);
      return slope && this.node.gradient!([slope]).b!();
    });
  }

  dispose(): void {
    for (const slope of this.slopes) slope?.dispose();
  }
}
