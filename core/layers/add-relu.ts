import * as tf from '@tensorflow/tfjs';
import { fused, reluGrad } from './fused.js';

/**
 * relu(a + b), the end of a residual block, as one node on the tape: the gradient is the same for both inputs and
 * needs the output alone.
 */
export class AddRelu extends tf.layers.Layer {
  static readonly className = 'CrosstaskAddRelu';

  constructor(args: { readonly name?: string }) {
    super(args.name ? { name: args.name } : {});
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return inputShape[0] as tf.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [a, b] = inputs as [tf.Tensor, tf.Tensor];
    return addRelu(a, b);
  }
}

tf.serialization.registerClass(AddRelu);

const addRelu = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
  const [a, b, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  const value = fused('AddRelu', { a, b })?.[0] ?? tf.relu(tf.add(a, b));
  save([value]);
  return {
    value,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const dz = reluGrad(dy, saved[0]!);
      return [dz, dz.clone()];
    },
  };
});
