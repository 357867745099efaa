import type * as tf from '@tensorflow/tfjs';
import type { Random } from '../random.js';
import type { Stateful } from './state.js';

/** Gradients by parameter name. Whoever receives them disposes them. */
export type NamedGradients = Readonly<Record<string, tf.Tensor>>;

/** Which gradients a method looks at: the parameters that more than one loss reaches, the shared features, or all. */
export type GradientScope = 'shared' | 'representation' | 'all';

/** The gradient of every task's loss by itself, from one forward pass. All tensors are owned by the problem. */
export interface TaskGradients {
  /** One per task, over the scope asked for; a name is absent where the task's loss does not reach it. */
  readonly perTask: readonly NamedGradients[];
  /** G_ij = ⟨g_i, g_j⟩ over the scope, [T, T]. */
  gramian(): tf.Tensor2D;
  /**
   * One update from one coefficient per task for the scope; parameters outside it get the plain sum of their
   * tasks' gradients.
   * @param weights [T]
   */
  combine(weights: readonly number[] | tf.Tensor1D): NamedGradients;
  /** The same from a combined gradient that a method made itself, with the names of the scope. */
  complete(scope: NamedGradients): NamedGradients;
}

/** One optimisation step as a weighter sees it. Lazy: a weighter pays only for what it asks. */
export interface MultiTaskProblem {
  readonly tasks: readonly string[];
  /** L_t, in the order of `tasks`. */
  readonly losses: readonly tf.Scalar[];
  /** ∇ Σ ω_t L_t, in one backward pass. */
  weighted(weights: readonly number[] | tf.Tensor1D): NamedGradients;
  /** T backward passes over the one forward pass. */
  perTask(scope: GradientScope): TaskGradients;
}

/** What a weighter knows before the first step. */
export interface WeighterContext {
  readonly tasks: readonly string[];
  /** What each task's loss is, for methods that treat them apart (Kendall's uncertainty). */
  readonly kinds: readonly ('classification' | 'regression')[];
  readonly random: Random;
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
  /** The gradients of one step: the model's by parameter name, and its own parameters'. */
  update(problem: MultiTaskProblem): NamedGradients | Promise<NamedGradients>;
  /** ω as it would be used now, one per task, for logs. */
  weights(): readonly number[] | Promise<readonly number[]>;
  /** @param meanLosses of the epoch, in the order of the tasks */
  endEpoch?(meanLosses: readonly number[]): void;
  dispose(): void;
}
