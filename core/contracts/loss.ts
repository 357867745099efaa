import type * as tf from '@tensorflow/tfjs';
import type { Target, TransferTask } from './task.js';

/**
 * A prediction against labels, e.g. `l1`: mean over labelled pixels, 0 where there is none. A task may hand it weights
 * as the mask: then the weighted mean.
 */
export interface PredictionLoss {
  readonly role: 'prediction';
  /** ℓ_t of a head's output, [batch, height, width, channels]. */
  compute(prediction: tf.Tensor4D, target: Target): tf.Scalar;
}

/** What a transferred prediction has before it. */
export interface TransferredPrediction {
  /** The task that it predicts (where the edge ends). */
  readonly task: TransferTask;
  /** ŷ_{s→t}, [batch, height, width, channels of the task] */
  readonly transferred: tf.Tensor4D;
  /** ŷ_t, with its gradient: the loss decides whether to cut it off. */
  readonly direct: tf.Tensor4D;
  readonly target: Target;
}

/** What holds a transferred prediction to the rest of the network, e.g. `xtc` or `align`. */
export interface ConsistencyLoss {
  readonly role: 'consistency';
  /** ℓ_{s→t}: mean over the pixels that count. */
  compute(prediction: TransferredPrediction): tf.Scalar;
}

/** What a config can name as a loss; `role` tells for what. */
export type Loss = PredictionLoss | ConsistencyLoss;
