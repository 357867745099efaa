import type * as tf from '@tensorflow/tfjs';
import type { Backbone, PartContext } from './backbone.js';
import type { Task } from './task.js';

/** What a network gives for a batch of images: ŷ_t by task, [batch, height, width, channels of the task]. */
export type DirectPredictions = Readonly<Record<string, tf.Tensor4D>>;

/** A built network: image → a prediction per task. */
export interface Network {
  /** Its parts by name, e.g. `encoder`, `decoder.depth`. Together they hold all its parameters. */
  readonly parts: Readonly<Record<string, tf.LayersModel>>;
  /**
   * Parameters, by name, that a file to start from (`init`) may lack: they then keep the values that they were made with.
   * Default none.
   */
  readonly dispensable?: readonly string[];
  /**
   * The tasks' predictions for a batch of images.
   * @param image [batch, height, width, 3], normalised
   * @param training whether batch norm uses and updates batch statistics, and dropout drops
   * @param step of the training, from 0: what is drawn at random depends on it and the seed alone
   */
  forward(image: tf.Tensor4D, training: boolean, step: number): DirectPredictions;
}

/** What an architecture is built from. */
export interface ArchitectureContext extends Omit<PartContext, 'name'> {
  readonly tasks: readonly Task[];
  readonly backbone: Backbone;
}

/** How the tasks' predictions come from the image: what is shared and what is not. */
export interface Architecture {
  /** A network with a head for each task. */
  build(context: ArchitectureContext): Network;
}
