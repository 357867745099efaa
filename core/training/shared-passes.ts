import type * as tf from '@tensorflow/tfjs';
import type { Matrix, NamedGradients } from '../contracts/index.js';
import { Averager } from '../world/averager.js';
import { currentWorld } from '../world/current.js';
import { present, weightedSum } from './named.js';
import type { OuterProduct } from './outer-product.js';
import { PairwiseProducts } from './pairwise.js';
import type { TaskHeads } from './task-heads.js';

/** Parameters that several losses reach, by name. */
export type SharedParameters = Readonly<Record<string, tf.Variable>>;
type PerTask = readonly (tf.Tensor | undefined)[];

/**
 * With more tasks, a gradient's copies are dropped once their inner products are taken, and the combination is made by
 * one more pass: that is a small part of the passes, where keeping T copies would be most of the memory.
 */
const mostKept = 2;
/** So few values, a bias's, are kept whatever the number of tasks: they are not worth a pass. */
const fewValues = 4096;

/** The tasks' passes through the shared part of the network, for some of its parameters. */
export class SharedPasses {
  private products: PairwiseProducts | undefined;
  private readonly kept = new Map<string, PerTask>();
  private readonly outer = new Map<string, OuterProduct>();
  private readonly dropped = new Set<string>();

  constructor(
    private readonly heads: TaskHeads,
    private readonly parameters: SharedParameters,
  ) {}

  /** ⟨∇L_i, ∇L_j⟩, in one walk that accumulates it parameter by parameter. */
  async gramian(): Promise<Matrix> {
    if (!this.products) {
      this.products = new PairwiseProducts(this.heads.own.length);
      if (this.kept.size > 0) for (const gradients of this.kept.values()) this.products.add(gradients);
      else this.sweep(this.products);
    }
    return this.products.matrix();
  }

  /** ∇L_t by name; these passes' own. */
  perTask(): NamedGradients[] {
    const names = Object.keys(this.parameters);
    if (this.kept.size < names.length) this.collect();
    return this.heads.own.map((_, task) =>
      present(
        names,
        names.map((name) => this.kept.get(name)![task]),
      ),
    );
  }

  /** Σ c_t ∇L_t. @param release whether this is the last walk over the forward pass */
  combine(factors: readonly number[], release: boolean): Record<string, tf.Tensor> {
    if (this.kept.size + this.outer.size + this.dropped.size === 0)
      return this.heads.through(factors, this.parameters, release);
    const names = [...this.kept.keys(), ...this.outer.keys()];
    const found = present(names, [
      ...[...this.kept.values()].map((gradients) => weightedSum(gradients, factors)),
      ...[...this.outer.values()].map((product) => product.combine(factors)),
    ]);
    const missing = Object.entries(this.parameters).filter(([name]) => this.dropped.has(name));
    return { ...found, ...this.heads.through(factors, Object.fromEntries(missing), release) };
  }

  dispose(): void {
    this.products?.dispose();
    this.forget();
  }

  private sweep(products: PairwiseProducts): void {
    const names = Object.keys(this.parameters);
    const averager = new Averager<string>((name, gradients) => {
      products.add(gradients);
      const few = this.parameters[name]!.size <= fewValues;
      if (few || gradients.length <= mostKept) this.kept.set(name, gradients);
      else {
        this.dropped.add(name);
        for (const gradient of gradients) gradient?.dispose();
      }
    });
    const onProduct = (index: number, product: OuterProduct): void => {
      products.addProducts(product.innerProducts());
      this.outer.set(names[index]!, product);
    };
    this.heads.walk(this.parameters, {
      onGradients: (index, gradients) => averager.add(names[index]!, gradients),
      // Its rows are this rank's samples, and the average of such products is none.
      ...(currentWorld() ? {} : { onProduct }),
    });
    averager.finish();
  }

  /** Every gradient by itself. */
  private collect(): void {
    this.forget();
    const names = Object.keys(this.parameters);
    const averager = new Averager<string>((name, gradients) => this.kept.set(name, gradients));
    this.heads.walk(this.parameters, {
      onGradients: (index, gradients) => averager.add(names[index]!, gradients),
    });
    averager.finish();
  }

  private forget(): void {
    for (const gradients of this.kept.values()) for (const gradient of gradients) gradient?.dispose();
    for (const product of this.outer.values()) product.dispose();
    this.kept.clear();
    this.outer.clear();
    this.dropped.clear();
  }
}
