import * as tf from '@tensorflow/tfjs';

/**
 * Mean over labelled pixels; 0 where there is none.
 * @param values one per pixel, [batch, height, width, 1]
 * @param mask [batch, height, width, 1], 1 = counts
 * @param reduction `batch`: over all labelled pixels alike; `image`: per image first, then over the images that
 *   have any (the paper authors' code)
 */
export function maskedMean(
  values: tf.Tensor4D,
  mask: tf.Tensor4D,
  reduction: 'batch' | 'image' = 'batch',
): tf.Scalar {
  const [sums, counts] = [sumLines(tf.mul(values, mask)), sumLines(mask)];
  if (reduction === 'batch') return tf.div(tf.sum(sums), tf.maximum(tf.sum(counts), 1));
  const perImage = tf.sum(counts, 1);
  const means = tf.div(tf.sum(sums, 1), tf.maximum(perImage, 1));
  return tf.div(tf.sum(means), tf.maximum(tf.sum(tf.minimum(perImage, 1)), 1));
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
