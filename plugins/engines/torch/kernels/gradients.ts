import * as tf from '@tensorflow/tfjs';

interface Conv2DAttrs {
  readonly strides: [number, number];
  readonly pad: number | 'valid' | 'same';
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dilations: [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * tfjs refuses to differentiate a dilated convolution, since most backends' kernels ignore dilations; this engine's do
 * not. Gradients are registered for all backends at once: on any other, tfjs' own goes on to answer.
 */
export function registerTorchGradients(): void {
  const stock = tf.getGradient('Conv2D');
  tf.unregisterGradient('Conv2D');
  tf.registerGradient({
    ...stock,
    gradFunc: (dy, saved, attrs) => {
      const { dilations, ...geometry } = attrs as unknown as Conv2DAttrs;
      if (tf.getBackend() !== 'torch' || tf.backend_util.tupleValuesAreOne(dilations))
        return stock.gradFunc(dy, saved, attrs);
      const [x, filter] = saved as [tf.Tensor, tf.Tensor];
      const run = (
        name: string,
        inputs: Record<string, tf.Tensor>,
        shape: Record<string, number[]>,
      ): tf.Tensor => tf.engine().runKernel(name, inputs, { ...geometry, dilations, ...shape });
      return {
        x: () => run('Conv2DBackpropInput', { dy: dy as tf.Tensor, filter }, { inputShape: x.shape }),
        filter: () => run('Conv2DBackpropFilter', { x, dy: dy as tf.Tensor }, { filterShape: filter.shape }),
      };
    },
  });
}
