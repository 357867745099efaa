import * as tf from '@tensorflow/tfjs';
import type { GradientScope, Matrix, NamedGradients, TaskGradients } from '../contracts/index.js';
import { badValue } from '../errors.js';
import { currentWorld } from '../world/current.js';
import { innerProducts } from './inner-product.js';
import { combineGradients, scaled } from './named.js';
import { assertFiniteGradients, gramianOf } from './pairwise.js';
import { readScalars } from './read-scalars.js';
import { divide, namedParameters } from './scope.js';
import type { SharedParameters, SharedPasses } from './shared-passes.js';
import type { TaskHeads } from './task-heads.js';

export interface ScopedArgs {
  readonly tasks: readonly string[];
  readonly heads: TaskHeads;
  /** The passes for some shared parameters: whoever asks for the same ones gets the same. They stay the problem's. */
  readonly passes: (parameters: SharedParameters) => SharedPasses;
  /** ω: the gradients are those of ω_t L_t. */
  readonly weights: readonly number[];
}

/** @throws MtlError `CONFIG_INVALID` where the scope is a list that names no parameter */
export function scopedGradients(scope: GradientScope, args: ScopedArgs): TaskGradients & { dispose(): void } {
  return scope === 'representation' ? new FeatureGradients(args) : new ParameterGradients(scope, args);
}

/** What both kinds have in common: ω, and tensors that they own. */
abstract class ScopedGradients implements TaskGradients {
  private readonly owned: NamedGradients[] = [];

  constructor(protected readonly args: ScopedArgs) {}

  async gramian(): Promise<Matrix> {
    const { tasks, weights } = this.args;
    const matrix = await this.products();
    assertFiniteGradients(
      tasks,
      matrix.map((row, task) => row[task]!),
    );
    return matrix.map((row, i) => row.map((product, j) => product * weights[i]! * weights[j]!));
  }

  async perTask(): Promise<readonly NamedGradients[]> {
    const { tasks, weights } = this.args;
    const gradients = this.gradients().map((ofTask, task) => scaled(ofTask, weights[task]!));
    this.owned.push(...gradients);
    assertFiniteGradients(tasks, await squaredNorms(gradients));
    return gradients;
  }

  combine(coefficients: readonly number[]): NamedGradients {
    return this.combined(this.args.weights.map((weight, task) => weight * coefficients[task]!));
  }

  abstract complete(combined: NamedGradients): NamedGradients;

  dispose(): void {
    tf.dispose(this.owned);
  }

  /** ⟨∇L_i, ∇L_j⟩ */
  protected abstract products(): Promise<Matrix>;
  /** ∇L_t, somebody else's tensors */
  protected abstract gradients(): readonly NamedGradients[];
  /** @param factors c_t ω_t */
  protected abstract combined(factors: readonly number[]): NamedGradients;
}

/** Gradients with respect to parameters. */
class ParameterGradients extends ScopedGradients {
  private readonly has: (name: string) => boolean;
  private readonly inside: SharedPasses;
  private readonly outside: SharedParameters;

  constructor(scope: Exclude<GradientScope, 'representation'>, args: ScopedArgs) {
    super(args);
    const { shared, own } = args.heads;
    if (typeof scope === 'string') this.has = (name) => scope === 'all' || name in shared;
    else {
      const names = namedParameters(
        scope,
        [shared, ...own].flatMap((entries) => Object.keys(entries)),
      );
      this.has = (name) => names.has(name);
    }
    const [inside, outside] = divide(shared, this.has);
    this.inside = args.passes(inside);
    this.outside = outside;
  }

  complete(combined: NamedGradients): NamedGradients {
    return { ...scaled(combined, 1), ...this.rest(true) };
  }

  protected async products(): Promise<Matrix> {
    const shared = await this.inside.gramian();
    const own = await squaredNorms(this.ownInside());
    return shared.map((row, i) => row.map((product, j) => (i === j ? product + own[i]! : product)));
  }

  protected gradients(): readonly NamedGradients[] {
    const own = this.ownInside();
    return this.inside.perTask().map((gradients, task) => ({ ...gradients, ...own[task] }));
  }

  protected combined(factors: readonly number[]): NamedGradients {
    const own = this.ownInside().map((gradients, task) => scaled(gradients, factors[task]!));
    const last = Object.keys(this.outside).length === 0;
    return Object.assign({}, ...own, this.inside.combine(factors, last), this.rest(!last)) as NamedGradients;
  }

  private ownInside(): NamedGradients[] {
    return this.args.heads.own.map((gradients) => divide(gradients, this.has)[0]);
  }

  /** Σ ω_t ∇L_t outside the scope. */
  private rest(release: boolean): NamedGradients {
    const { heads, weights } = this.args;
    const own = heads.own.map((gradients, task) => scaled(divide(gradients, this.has)[1], weights[task]!));
    return Object.assign({}, ...own, heads.through(weights, this.outside, release)) as NamedGradients;
  }
}

/** Gradients with respect to the features between the shared part and the heads. */
class FeatureGradients extends ScopedGradients {
  complete(combined: NamedGradients): NamedGradients {
    const { heads, weights } = this.args;
    const own = heads.own.map((gradients, task) => scaled(gradients, weights[task]!));
    return Object.assign({}, ...own, heads.throughFeatures(combined, weights)) as NamedGradients;
  }

  /** @throws MtlError `CONFIG_INVALID` among ranks: each of them has the features of its own samples alone */
  override perTask(): Promise<readonly NamedGradients[]> {
    if (!currentWorld()) return super.perTask();
    throw badValue('CONFIG_INVALID', {
      what: 'weighter.gradients',
      expected:
        'parameters, such as shared or all, for a method that treats values one by one on several ranks',
      found: 'representation',
    });
  }

  /** The features of the whole batch are those of all ranks; each rank's losses count as many times as there are ranks. */
  protected async products(): Promise<Matrix> {
    const own = await gramianOf(this.gradients());
    const among = currentWorld();
    if (!among) return own;
    const flat = await readScalars(() => own.flat().map((product) => tf.scalar(product)), true);
    return own.map((row, i) => row.map((_, j) => flat[i * row.length + j]! / among.world.size));
  }

  protected gradients(): readonly NamedGradients[] {
    return this.args.heads.representation();
  }

  protected combined(factors: readonly number[]): NamedGradients {
    const sums = combineGradients(this.gradients(), factors);
    const complete = this.complete(sums);
    tf.dispose(sums);
    return complete;
  }
}

function squaredNorms(perTask: readonly NamedGradients[]): Promise<readonly number[]> {
  return innerProducts(perTask.map((gradients) => [gradients, gradients]));
}
