import type * as tf from '@tensorflow/tfjs';
import type { PartContext } from './backbone.js';
import type { Task } from './task.js';

/** Predicts one task from another one's prediction. */
export interface TransferNet {
  /** [batch, height, width, channels of `from`] → [batch, height, width, channels of `to`] */
  build(context: PartContext & { readonly from: Task; readonly to: Task }): tf.LayersModel;
}
