import type * as tf from '@tensorflow/tfjs';
import type { Stateful } from './state.js';

/** Gradients by parameter name. Whoever receives them disposes them. */
export type NamedGradients = Readonly<Record<string, tf.Tensor>>;

/** Rows of numbers, computed in double precision. */
export type Matrix = readonly (readonly number[])[];

/** A parameter of the model, by its name. */
export interface NamedParameter {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * What a gradient method looks at and combines:
 * `shared`: the parameters that more than one loss reaches, found from the graph;
 * `representation`: the features that lie between them and the heads, after which one pass goes on to the parameters;
 * `all`: every parameter;
 * a list: the parameters of these names, a `*` at the end standing for any rest.
 */
export type GradientScope = 'shared' | 'representation' | 'all' | readonly string[];

/**
 * The tasks' gradients over a scope, each from its own backward pass over the one forward pass. What lies outside the
 * scope gets their plain sum Σ g_t. `combine` and `complete` free the forward pass as they go: one of them ends the step.
 */
export interface TaskGradients {
  /**
   * G_ij = ⟨g_i, g_j⟩ over the scope, T×T. It accumulates parameter by parameter.
   * @throws MtlError `GRADIENT_NOT_FINITE` naming the tasks
   */
  gramian(): Promise<Matrix>;
  /**
   * g_t by name, one per task, over the scope; a name is absent where the task's loss does not reach it. For methods
   * that treat values one by one: T copies of the scope. They stay the problem's.
   * @throws MtlError `GRADIENT_NOT_FINITE` naming the tasks
   */
  perTask(): Promise<readonly NamedGradients[]>;
  /** One update from Σ c_t g_t over the scope. */
  combine(coefficients: readonly number[]): NamedGradients;
  /** The same from a gradient over the scope that a method made itself, which stays the caller's. */
  complete(combined: NamedGradients): NamedGradients;
}

/** One optimisation step as a weighter sees it. Lazy: a weighter pays only for what it asks. */
export interface MultiTaskProblem {
  readonly tasks: readonly string[];
  /** L_t, in the order of `tasks`; all finite. */
  readonly losses: readonly number[];
  /** ∇ Σ ω_t L_t, in one backward pass, which frees the forward pass as it goes: it ends the step. */
  weighted(weights: readonly number[]): NamedGradients;
  /**
   * The gradients g_t of ω_t L_t: T backward passes over the one forward pass, as soon as something is asked of them.
   * @param weights ω, by default ones
   */
  perTask(scope: GradientScope, weights?: readonly number[]): TaskGradients;
  /**
   * The parameters that one task's loss alone reaches: a list per task, in the order in which the forward pass comes to
   * them. It takes the tasks' passes through their own parts, which whatever is asked afterwards finds done; so does a scope
   * of such parameters, which leaves the shared part alone.
   */
  ownParameters(): readonly (readonly NamedParameter[])[];
}

/** What a weighter knows before the first step. */
export interface WeighterContext {
  readonly tasks: readonly string[];
  /** What each task's loss is, for methods that treat them apart (Kendall's uncertainty). */
  readonly kinds: readonly ('classification' | 'regression')[];
  /** For methods that draw: `new Random(seed, name, step)` gives a resumed run the same numbers. */
  readonly seed: number;
}

/**
 * Turns the tasks' losses into one update: any number of tasks, any tfjs model.
 * Its state is saved in checkpoints and shown in logs.
 */
export interface Weighter extends Stateful {
  /** Called once, before the first step. */
  setup(context: WeighterContext): void;
  /** Trainable scalars of its own, by name, that the run's optimizer updates with the model's parameters. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /**
   * The gradients of one step: the model's by parameter name, and its own parameters'. A loss weighting ends with
   * `problem.weighted(ω)`, which is what lets a gradient method work on top of it. Without any gradient the optimizer
   * leaves this step out.
   */
  update(problem: MultiTaskProblem): NamedGradients | Promise<NamedGradients>;
  /** ω as it would be used now, one per task, for logs. */
  weights(): readonly number[] | Promise<readonly number[]>;
  /**
   * For methods that look at what an update did.
   * @param losses computes L_t of the same batch again, with the parameters as they are now
   */
  afterStep?(losses: () => Promise<readonly number[]>): Promise<void>;
  /**
   * For methods that follow the losses from epoch to epoch.
   * @param meanLosses of the epoch, in the order of the tasks
   */
  endEpoch?(meanLosses: readonly number[]): void;
  /** Frees its parameters and state. */
  dispose(): void;
}
