import type * as tf from '@tensorflow/tfjs';
import type { Backbone, PartContext } from './backbone.js';
import type { Task } from './task.js';

/** What a network gives for a batch of images: ŷ_t by task, [batch, height, width, channels of the task]. */
export type DirectPredictions = Readonly<Record<string, tf.Tensor4D>>;

/** What a task's way through a network passes: where its image is coarsest, and where only the head is left. */
export interface TaskMaps<T> {
  /** What the encoder ends with, the coarsest map. Tasks may share it. */
  readonly bottleneck: T;
  /** What the head is fed, the decoder's last map. Tasks may share it. */
  readonly decoded: T;
}

/** The maps of each task in one pass, [batch, height, width, channels]. */
export type Features = Readonly<Record<string, TaskMaps<tf.Tensor4D>>>;

/** Their shapes, [height, width, channels]. */
export type FeatureShapes = Readonly<Record<string, TaskMaps<readonly [number, number, number]>>>;

/** How a network is run. */
export interface PassOptions {
  /** Whether batch norm uses and updates batch statistics, and dropout drops. */
  readonly training: boolean;
  /** Of the training, from 0: what is drawn at random depends on it and the seed alone. */
  readonly step: number;
  /** Whether the features are wanted, too: without, they need not be held. */
  readonly features: boolean;
}

/** What one pass gives. */
export interface NetworkOutput {
  readonly direct: DirectPredictions;
  /** Where they are wanted and the network tells their shapes. */
  readonly features?: Features;
}

/** A built network: image → a prediction per task. */
export interface Network {
  /** Its parts by name, e.g. `encoder`, `decoder.depth`. Together they hold all its parameters. */
  readonly parts: Readonly<Record<string, tf.LayersModel>>;
  /** Shapes of the features that `forward` gives; absent: it gives none, and nothing that needs them can be used with it. */
  readonly featureShapes?: FeatureShapes;
  /**
   * Parameters, by name, that a file to start from (`init`) may lack: they then keep the values that they were made with.
   * Default none.
   */
  readonly dispensable?: readonly string[];
  /**
   * The tasks' predictions for a batch of images.
   * @param image [batch, height, width, 3], normalised
   */
  forward(image: tf.Tensor4D, options: PassOptions): NetworkOutput;
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
