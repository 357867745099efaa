import type * as tf from '@tensorflow/tfjs';

/** tf.layers hands a layer its only input either bare or in a list. */
export function inputTensor(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor4D {
  return (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
}

/** The variable of a built layer. */
export function variableOf(weight: tf.LayerVariable | undefined): tf.Variable {
  if (!weight) throw new Error('the layer is used before it is built');
  return weight.read() as tf.Variable;
}
