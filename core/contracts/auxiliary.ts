import type * as tf from '@tensorflow/tfjs';
import type { DirectPredictions, Features, FeatureShapes } from './architecture.js';
import type { Optimizer } from './optimizer.js';
import type { Size } from './raster.js';
import type { Stateful } from './state.js';
import type { Target, Task } from './task.js';

/** What an auxiliary knows before the first step. */
export interface AuxiliaryContext {
  /** Where it stands in the config, for messages, e.g. `auxiliary[0]`. */
  readonly path: string;
  readonly tasks: readonly Task[];
  /** Of the images. */
  readonly size: Size;
  /** Seeds initial values, and what is drawn in a step: `new Random(seed, name, step)` resumes to the same numbers. */
  readonly seed: number;
  /** False where the parameters are about to be restored: initial values cost time. */
  readonly initialize: boolean;
  /** Shapes of the network's features; undefined where its architecture gives none. */
  readonly features: FeatureShapes | undefined;
}

/** What there is in a step when the terms are computed. */
export interface AuxiliaryStep {
  /** [batch, height, width, 3], normalised. */
  readonly image: tf.Tensor4D;
  /** ŷ_t by task. */
  readonly predictions: DirectPredictions;
  /** Of the pass that the predictions come from; only where `readsFeatures`. */
  readonly features: Features | undefined;
  readonly targets: Readonly<Record<string, Target>>;
  /** Of the training, from 0. */
  readonly step: number;
}

/**
 * Adds terms to the tasks' losses while a model is trained, and is gone when it is used: L_t becomes L_t + its term, before
 * the weighter. Its state is saved in checkpoints, its optimizer's too.
 */
export interface Auxiliary extends Stateful {
  /**
   * Called once, before anything else.
   * @throws MtlError where it does not fit the tasks or the network
   */
  setup(context: AuxiliaryContext): void | Promise<void>;
  /** Trained beside the model's, by name. They belong neither to the model in use nor to its number of parameters. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /**
   * Moves its parameters, at its own learning rate throughout: neither the run's schedule nor its clipping counts for them.
   * Absent: the run's optimizer does, as the model's.
   */
  readonly optimizer?: Optimizer;
  /** Whether `terms` needs the network's features. */
  readonly readsFeatures: boolean;
  /**
   * What is added to the tasks' losses, by task; a task may be absent. The same step gives the same terms whenever it is asked,
   * and changes nothing: a weighter may ask twice. Runs inside a tidy, on the tape.
   */
  terms(step: AuxiliaryStep): Readonly<Record<string, tf.Scalar>>;
  /** Frees all it holds, also where `setup` failed. */
  dispose(): void;
}
