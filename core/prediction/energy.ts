import * as tf from '@tensorflow/tfjs';
import type { Predictions } from '../model/index.js';

/**
 * Consistency energy: how far the tasks disagree, per pixel; high where neither is to be trusted. The mean over the edges
 * s → t of the distance between ŷ_{s→t} and ŷ_t, as the task t defines it: for segmentation and depth
 * ½ KL(softmax(ŷ_seg) ‖ softmax(ŷ_{dep→seg})) + ½ |ŷ_{seg→dep} − ŷ_dep| (the paper authors' code; the idea is from
 * Zamir et al. 2020, "Robust Learning Through Cross-Task Consistency").
 * @returns [batch, height, width, 1], at least 0; undefined where there is no transferred prediction
 */
export function consistencyEnergy({ direct, transferred }: Predictions): tf.Tensor4D | undefined {
  if (transferred.length === 0) return undefined;
  return tf.tidy(() => {
    const terms = transferred.map(({ to, prediction }) => to.transfer.energy(prediction, direct[to.name]!));
    return tf.div<tf.Tensor4D>(tf.addN(terms), terms.length);
  });
}
