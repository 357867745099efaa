import type * as tf from '@tensorflow/tfjs';
import type { FeatureShapes, NetworkOutput } from './architecture.js';
import type { Size } from './raster.js';
import type { Task } from './task.js';

/** How a frozen model is run. */
export interface FrozenPass {
  /**
   * What batch norm normalises by: the batch's statistics, as in training (dropout drops then, too), or the moving ones, as
   * in use.
   */
  readonly statistics: 'batch' | 'moving';
  /** Of the training under way, for what is drawn at random. */
  readonly step: number;
}

/** Another run's trained model. No gradient passes it, and nothing of it changes. */
export interface FrozenModel {
  readonly tasks: readonly Task[];
  /** Of the images that it was trained on. All models see images normalised by the same mean and deviation. */
  readonly size: Size;
  /** Undefined where its architecture gives no features. */
  readonly featureShapes: FeatureShapes | undefined;
  /** The checkpoint's file, and the SHA-256 of what stands in it. */
  readonly file: string;
  readonly sha256: string;
  /** Predictions, and features where there are some. @param image [batch, height, width, 3], normalised */
  forward(image: tf.Tensor4D, pass: FrozenPass): NetworkOutput;
  /** Frees it. */
  dispose(): void;
}

/**
 * Opens a run's best model on the engine that is active; its data need not be there.
 * @param folder of the run; relative paths start from the base folder
 * @throws MtlError `RUN_INVALID`, `CHECKPOINT_INVALID`; whatever a part has to complain about
 */
export type OpenFrozenModel = (folder: string) => Promise<FrozenModel>;
