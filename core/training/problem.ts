import * as tf from '@tensorflow/tfjs';
import type {
  GradientScope,
  MultiTaskProblem,
  NamedGradients,
  NamedParameter,
  TaskGradients,
} from '../contracts/index.js';
import { present } from './named.js';
import { scopedGradients } from './scoped-gradients.js';
import { SharedPasses, type SharedParameters } from './shared-passes.js';
import type { Tape } from './tape.js';
import { TaskHeads } from './task-heads.js';

/** One recorded forward pass and its losses. */
export interface ProblemArgs {
  readonly tasks: readonly string[];
  readonly losses: readonly tf.Scalar[];
  /** The losses as they were read from the engine. */
  readonly values: readonly number[];
  /** The recorded forward pass from the parameters to the losses. */
  readonly tape: Tape;
  readonly parameters: Readonly<Record<string, tf.Variable>>;
}

/** A step's problem over a tape: one forward pass, and as many backward passes as the weighter asks for. */
export class TapeProblem implements MultiTaskProblem {
  private heads: TaskHeads | undefined;
  private readonly scopes: { dispose(): void }[] = [];
  /** By the names of their parameters. */
  private readonly passes = new Map<string, SharedPasses>();

  constructor(private readonly args: ProblemArgs) {}

  get tasks(): readonly string[] {
    return this.args.tasks;
  }

  get losses(): readonly number[] {
    return this.args.values;
  }

  weighted(weights: readonly number[]): NamedGradients {
    if (this.heads) return this.heads.weighted(weights);
    const { losses, parameters, tape } = this.args;
    const seeds = losses.map((of, task) => ({ of, gradient: tf.scalar(weights[task]!) }));
    const found = tape.backward(seeds, Object.values(parameters), true);
    for (const { gradient } of seeds) gradient.dispose();
    return present(Object.keys(parameters), found);
  }

  perTask(scope: GradientScope, weights: readonly number[] = this.tasks.map(() => 1)): TaskGradients {
    const heads = this.passed();
    const passes = (parameters: SharedParameters): SharedPasses => this.passesFor(heads, parameters);
    const gradients = scopedGradients(scope, { tasks: this.tasks, heads, passes, weights });
    this.scopes.push(gradients);
    return gradients;
  }

  ownParameters(): readonly (readonly NamedParameter[])[] {
    return this.passed().ownParameters();
  }

  /** Frees what the problem holds; the losses stay the caller's. */
  dispose(): void {
    for (const owner of [...this.scopes, ...this.passes.values()]) owner.dispose();
    this.heads?.dispose();
    this.args.tape.dispose();
  }

  /** The tasks' own parts, once they are passed through. */
  private passed(): TaskHeads {
    return (this.heads ??= new TaskHeads(this.args));
  }

  /** What is compared for diagnostics is then there for a weighter with the same scope. */
  private passesFor(heads: TaskHeads, parameters: SharedParameters): SharedPasses {
    const key = Object.keys(parameters).join('\n');
    const passes = this.passes.get(key) ?? new SharedPasses(heads, parameters);
    this.passes.set(key, passes);
    return passes;
  }
}
