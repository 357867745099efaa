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

/** Gradients are registered for all backends at once: on any other, tfjs' own goes on to answer. */
export function registerTorchGradients(): void {
  for (const [name, kernels] of Object.entries(convolutions)) replace(name, dilatedConvolution(kernels));
  replace('Sum', spread);
}

type Slopes = Record<string, () => tf.Tensor>;

/** A gradient, or undefined where tfjs' own is to answer. */
type Gradient = (dy: tf.Tensor, saved: tf.Tensor[], attrs: tf.NamedAttrMap) => Slopes | undefined;

function replace(name: string, gradient: Gradient): void {
  const stock = tf.getGradient(name);
  tf.unregisterGradient(name);
  tf.registerGradient({
    ...stock,
    gradFunc: (dy, saved, attrs) => {
      const found = tf.getBackend() === 'torch' && gradient(dy as tf.Tensor, saved, attrs);
      return found || stock.gradFunc(dy, saved, attrs);
    },
  });
}

/** tfjs refuses to differentiate a dilated convolution, since most backends' kernels ignore dilations; these do not. */
function dilatedConvolution([ofInput, ofFilter]: readonly [string, string]): Gradient {
  return (dy, [x, filter], attrs) => {
    const { dilations } = attrs as unknown as ConvAttrs;
    if (tf.backend_util.tupleValuesAreOne(dilations)) return undefined;
    const engine = tf.engine();
    return {
      x: () => engine.runKernel(ofInput, { dy, filter: filter! }, { ...attrs, inputShape: x!.shape }),
      filter: () => engine.runKernel(ofFilter, { x: x!, dy }, { ...attrs, filterShape: filter!.shape }),
    };
  };
}

/** Of a sum: its slope at each place. tfjs multiplies it by ones that are made in JavaScript, and copied from there. */
function spread(dy: tf.Tensor, [x]: tf.Tensor[], { axis }: tf.NamedAttrMap): Slopes {
  const { shape } = x!;
  const axes = tf.util.parseAxisParam(axis as number | number[], shape);
  const kept = shape.map((extent, index) => (axes.includes(index) ? 1 : extent));
  const times = shape.map((extent, index) => (axes.includes(index) ? extent : 1));
  return { x: () => tf.tile(dy.reshape(kept), times) };
}
