import * as tf from '@tensorflow/tfjs';
import { currentPart, meanOverRanks } from '../world/current.js';

/** Stands in for a sum of weights where there are none; below any sum of weights that says anything. */
const leastSum = 1e-12;

/**
 * Mean over labelled pixels; 0 where there is none. Where the mask holds weights, the weighted mean Σ m v / Σ m. Among
 * several ranks each has its part of the batch, and the mean over the ranks of what they get is that of the whole batch.
 * @param values [batch, height, width, channels]; several values of a pixel count as their mean
 * @param mask [batch, height, width, 1], 1 = counts, 0 = does not; or a weight, at least 0
 * @param reduction `batch`: over all labelled pixels alike; `image`: per image first, then over the images that
 *   have any (the paper authors' code)
 */
export function maskedMean(
  values: tf.Tensor4D,
  mask: tf.Tensor4D,
  reduction: 'batch' | 'image' = 'batch',
): tf.Scalar {
  const perPixel: tf.Tensor4D = values.shape[3] === 1 ? values : tf.mean(values, 3, true);
  const counted = currentPart()?.count === 0 ? tf.zerosLike(mask) : mask;
  const [sums, weights] = [sumLines(tf.mul(perPixel, counted)), sumLines(counted)];
  if (reduction === 'batch') return tf.div(tf.sum(sums), atLeastSome(meanOverRanks(tf.sum(weights))));
  const perImage = tf.sum(weights, 1);
  const divisors = atLeastSome(perImage);
  const means = tf.div(tf.sum(sums, 1), divisors);
  // 1 for an image with labels, 0 for one without.
  const labelled = tf.div(perImage, divisors);
  return tf.div(tf.sum(means), atLeastSome(meanOverRanks(tf.sum(labelled))));
}

/** The same sums, fit to divide by: 0/0 becomes 0. */
function atLeastSome<T extends tf.Tensor>(sums: T): T {
  return tf.maximum(sums, leastSum);
}

/**
 * Sums over width and channels: [batch, height]. Two short sums lose fewer digits than a long one where an engine
 * adds one float32 after the other.
 */
function sumLines(x: tf.Tensor4D): tf.Tensor2D {
  return tf.sum(x, [2, 3]);
}

/**
 * Cross-entropy −Σ_c p_c log softmax(logits)_c per pixel, [batch, height, width, 1], as one node on the tape.
 * Gradient for the logits: (softmax(logits) − p) · dy. No gradient for p.
 * @param logits [batch, height, width, classes]
 * @param probabilities p, the same shape, each pixel's sum 1
 */
export function crossEntropyMap(logits: tf.Tensor4D, probabilities: tf.Tensor4D): tf.Tensor4D {
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [scores, save] = args as [tf.Tensor4D, tf.GradSaveFunc];
    const logSoftmax = tf.sub(scores, tf.logSumExp(scores, 3, true));
    save([tf.sub(tf.exp(logSoftmax), probabilities)]);
    return {
      value: tf.neg(tf.sum(tf.mul(probabilities, logSoftmax), 3, true)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  })(logits) as tf.Tensor4D;
}

/**
 * Binary cross-entropy −p log σ(z) − (1 − p) log(1 − σ(z)) per value, as one node on the tape, from
 * max(z, 0) − z p + log(1 + exp(−|z|)). Gradient for the logits: (σ(z) − p) · dy. No gradient for p.
 * @param logits z, [batch, height, width, channels]
 * @param probabilities p, the same shape, 0–1
 */
export function binaryCrossEntropyMap(logits: tf.Tensor4D, probabilities: tf.Tensor4D): tf.Tensor4D {
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [z, save] = args as [tf.Tensor4D, tf.GradSaveFunc];
    save([tf.sub(tf.sigmoid(z), probabilities)]);
    const beyond = tf.log1p(tf.exp(tf.neg(tf.abs(z))));
    return {
      value: tf.add(tf.sub(tf.relu(z), tf.mul(z, probabilities)), beyond),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  })(logits) as tf.Tensor4D;
}

/**
 * Class ids as distributions: 1 − ε for the class, ε/(C − 1) for the others.
 * @param ids [batch, height, width, 1]
 * @returns [batch, height, width, classes]
 */
export function smoothedOneHot(ids: tf.Tensor4D, classes: number, labelSmoothing = 0): tf.Tensor4D {
  const off = classes > 1 ? labelSmoothing / (classes - 1) : 0;
  const index = ids.reshape(ids.shape.slice(0, 3)).toInt() as tf.Tensor3D;
  // Whole numbers first: not every engine's one-hot can write fractions.
  const oneHot = tf.oneHot(index, classes).toFloat() as tf.Tensor4D;
  return labelSmoothing === 0 ? oneHot : tf.add(tf.mul(oneHot, 1 - labelSmoothing - off), off);
}
