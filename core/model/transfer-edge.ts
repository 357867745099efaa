import * as tf from '@tensorflow/tfjs';
import type { TransferTask } from '../contracts/index.js';

/** At which share of the image's height and width transfer nets run. */
export const resolutions = [1, 0.5, 0.25] as const;
/** One of `resolutions`. */
export type Resolution = (typeof resolutions)[number];

/** A transfer net and the edge of the transfer graph that it stands on. */
export interface TransferEdge {
  readonly from: TransferTask;
  readonly to: TransferTask;
  /** Of maps of `resolution` times the image's size. */
  readonly net: tf.LayersModel;
  readonly resolution: Resolution;
}

/**
 * ŷ_{from→to} of a prediction of `from`, always of the image's size. A net of a lower resolution gets what it is fed as means
 * over 2×2 or 4×4 pixels, and its output is brought back as the decoders' maps are, bilinearly with aligned corners.
 *
 * The means are of what a net is fed, whatever the task: for classes of log-probabilities. Such a mean is the log of the
 * probabilities' geometric mean, and all of its channels are low where the pixels are sure of different classes, which
 * tells a net of an edge. Every pixel has the same part in its gradient; in that of the mean of the probabilities a
 * pixel that is unsure of a class would have hardly any.
 * @param prediction [batch, height, width, channels of `from`]
 * @returns [batch, height, width, channels of `to`]
 */
export function transferAlong(
  { from, net, resolution }: TransferEdge,
  prediction: tf.Tensor4D,
  training: boolean,
): tf.Tensor4D {
  const input = from.transfer.input(prediction);
  if (resolution === 1) return net.apply(input, { training }) as tf.Tensor4D;
  const window = 1 / resolution;
  const small = tf.avgPool(input, window, window, 'valid');
  const [, height, width] = prediction.shape;
  return tf.image.resizeBilinear(net.apply(small, { training }) as tf.Tensor4D, [height, width], true);
}
