import * as tf from '@tensorflow/tfjs';
import { convNorm } from '../../../core/index.js';

/**
 * MTAN's attention module (Liu et al. 2019): mask(seen) ⊙ map. The mask is a 1×1 convolution with batch norm and ReLU, then one
 * with batch norm and sigmoid. Layers: `NAME.conv1`, `NAME.bn1`, `NAME.conv2`, `NAME.bn2`.
 * @param seen maps of one size, side by side
 * @param hidden channels between the two convolutions; default the map's
 */
export function attend(
  seen: tf.SymbolicTensor[],
  map: tf.SymbolicTensor,
  name: string,
  hidden = map.shape.at(-1)!,
): tf.SymbolicTensor {
  const x =
    seen.length === 1
      ? seen[0]!
      : (tf.layers.concatenate({ name: `${name}.concat` }).apply(seen) as tf.SymbolicTensor);
  const kernelSize = 1;
  const first = { conv: `${name}.conv1`, norm: `${name}.bn1`, filters: hidden, kernelSize };
  const second = { conv: `${name}.conv2`, norm: `${name}.bn2`, filters: map.shape.at(-1)!, kernelSize };
  const logits = convNorm(convNorm(x, { ...first, activation: 'relu' }), second);
  const sigmoid = tf.layers.activation({ name: `${name}.sigmoid`, activation: 'sigmoid' });
  const mask = sigmoid.apply(logits) as tf.SymbolicTensor;
  return tf.layers.multiply({ name: `${name}.mask` }).apply([mask, map]) as tf.SymbolicTensor;
}
