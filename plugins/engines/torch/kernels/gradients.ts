import * as tf from '@tensorflow/tfjs';

interface ConvAttrs {
  readonly strides: [number, number];
  readonly pad: number | 'valid' | 'same';
  readonly dilations: [number, number];
}

/** Convolutions, and the kernels of their gradients. */
const convolutions = {
  Conv2D: ['Conv2DBackpropInput', 'Conv2DBackpropFilter'],
  DepthwiseConv2dNative: ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'],
} as const;

/**
 * tfjs refuses to differentiate a dilated convolution, since most backends' kernels ignore dilations; this engine's do
 * not. Gradients are registered for all backends at once: on any other, tfjs' own goes on to answer.
 */
export function registerTorchGradients(): void {
  for (const [name, [ofInput, ofFilter]] of Object.entries(convolutions)) {
    const stock = tf.getGradient(name);
    tf.unregisterGradient(name);
    tf.registerGradient({
      ...stock,
      gradFunc: (dy, saved, attrs) => {
        const { dilations } = attrs as unknown as ConvAttrs;
        if (tf.getBackend() !== 'torch' || tf.backend_util.tupleValuesAreOne(dilations))
          return stock.gradFunc(dy, saved, attrs);
        const [x, filter] = saved as [tf.Tensor, tf.Tensor];
        const slope = dy as tf.Tensor;
        const engine = tf.engine();
        return {
          x: () => engine.runKernel(ofInput, { dy: slope, filter }, { ...attrs, inputShape: x.shape }),
          filter: () => engine.runKernel(ofFilter, { x, dy: slope }, { ...attrs, filterShape: filter.shape }),
        };
      },
    });
  }
}
