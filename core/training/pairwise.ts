import * as tf from '@tensorflow/tfjs';
import type { Matrix, NamedGradients } from '../contracts/index.js';
import { MtlError } from '../errors.js';
import { innerProduct } from './inner-product.js';
import { readScalars } from './read-scalars.js';

/** Sums up T×T inner products as gradients come along, parameter by parameter; symmetric, so i ≤ j is enough. */
export class PairwiseProducts {
  /** The terms of G_ij, by i and j − i. */
  private readonly terms: tf.Scalar[][][];

  constructor(count: number) {
    this.terms = Array.from({ length: count }, (_, row) => Array.from({ length: count - row }, () => []));
  }

  /** @param gradients one per task, of one parameter */
  add(gradients: readonly (tf.Tensor | undefined)[]): void {
    this.addProducts(
      gradients.map((left, i) =>
        gradients.slice(i).map((right) => (left && right ? innerProduct(left, right) : undefined)),
      ),
    );
  }

  /** @param products of one parameter, for i ≤ j; given away */
  addProducts(products: readonly (readonly (tf.Scalar | undefined)[])[]): void {
    products.forEach((row, i) =>
      row.forEach((product, offset) => {
        if (product) this.terms[i]![offset]!.push(product);
      }),
    );
  }

  /** The sums so far, in one read. [T, T] */
  async matrix(): Promise<Matrix> {
    const values = await readScalars(() =>
      this.terms.flat().map((terms) => (terms.length > 0 ? tf.addN(terms) : tf.scalar(0))),
    );
    const rows = this.terms.map((row) => values.splice(0, row.length));
    return rows.map((_, i) => rows.map((__, j) => (j >= i ? rows[i]![j - i]! : rows[j]![i - j]!)));
  }

  dispose(): void {
    tf.dispose(this.terms);
  }
}

/** ⟨g_i, g_j⟩ over the names that both have. */
export async function gramianOf(perTask: readonly NamedGradients[]): Promise<Matrix> {
  const products = new PairwiseProducts(perTask.length);
  for (const name of new Set(perTask.flatMap((gradients) => Object.keys(gradients))))
    products.add(perTask.map((gradients) => gradients[name]));
  const matrix = await products.matrix();
  products.dispose();
  return matrix;
}

/** @throws MtlError `GRADIENT_NOT_FINITE` naming the tasks whose squared norm is no number */
export function assertFiniteGradients(tasks: readonly string[], squaredNorms: readonly number[]): void {
  const odd = tasks.filter((_, task) => !Number.isFinite(squaredNorms[task]));
  if (odd.length === 0) return;
  const names = odd.map((task) => `"${task}"`).join(', ');
  throw new MtlError(
    'GRADIENT_NOT_FINITE',
    `The gradient of task ${names} is not finite though the loss is; look for a root or a logarithm of 0 in its loss, ` +
      'or try a lower learning rate',
  );
}
