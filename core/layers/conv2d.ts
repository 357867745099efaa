import * as tf from '@tensorflow/tfjs';
import { reluGrad } from './fused.js';
import { inputTensor, variableOf } from './layer.js';

/** As tfjs' own layers take them. */
export interface Conv2dArgs {
  readonly name?: string;
  readonly filters: number;
  readonly kernelSize: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros on each side, as PyTorch's `padding`; default keeps the size at stride 1. */
  readonly padding?: number;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default none. */
  readonly activation?: 'relu' | null;
}

/**
 * Convolution with PyTorch's padding: the same number of zeros on every side, whatever the stride. (tf.layers'
 * `same` pads unevenly at stride 2.) Weights: `kernel` [kernelSize, kernelSize, in, filters], `bias` [filters].
 * It starts at zero; see `initialize`.
 */
export class Conv2d extends tf.layers.Layer {
  static readonly className = 'CrosstaskConv2d';
  private readonly args: Required<Omit<Conv2dArgs, 'name'>>;
  private kernel: tf.LayerVariable | undefined;
  private bias: tf.LayerVariable | undefined;

  constructor(args: Conv2dArgs) {
    super(args.name ? { name: args.name } : {});
    const {
      filters,
      kernelSize,
      stride = 1,
      padding = (kernelSize - 1) >> 1,
      useBias = true,
      activation = null,
    } = args;
    this.args = { filters, kernelSize, stride, padding, useBias, activation };
  }

  override build(inputShape: tf.Shape): void {
    const { kernelSize, filters, useBias } = this.args;
    const channels = inputShape.at(-1)!;
    const zeros = tf.initializers.zeros();
    this.kernel = this.addWeight('kernel', [kernelSize, kernelSize, channels, filters], 'float32', zeros);
    if (useBias) this.bias = this.addWeight('bias', [filters], 'float32', zeros);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    const { kernelSize, stride, padding, filters } = this.args;
    const length = (size: number | null): number | null =>
      size === null ? null : Math.floor((size + 2 * padding - kernelSize) / stride) + 1;
    return [inputShape[0]!, length(inputShape[1]!), length(inputShape[2]!), filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { stride, padding, activation } = this.args;
    const x = inputTensor(inputs);
    const kernel = variableOf(this.kernel) as unknown as tf.Tensor4D;
    if (!this.bias && !activation) return tf.conv2d(x, kernel, stride, padding);
    return tf.tidy(() => {
      const bias = this.bias ? variableOf(this.bias) : tf.zeros([kernel.shape[3]]);
      return convBias(x, kernel, bias as tf.Tensor1D, { stride, padding, activation });
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.args };
  }
}

tf.serialization.registerClass(Conv2d);

/**
 * conv + bias (+ ReLU) as one node on the tape. tfjs' own fused convolution splits itself up while gradients are
 * recorded, and keeps its output even where no activation needs it.
 */
function convBias(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D,
  { stride, padding, activation }: { stride: number; padding: number; activation: 'relu' | null },
): tf.Tensor4D {
  const attrs = { strides: [stride, stride], pad: padding, dataFormat: 'NHWC', dimRoundingMode: 'floor' };
  const engine = tf.engine();
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, filter, offset, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.GradSaveFunc];
    const value = engine.runKernel<tf.Tensor4D>(
      'FusedConv2D',
      { x: input, filter, bias: offset },
      { ...attrs, dilations: [1, 1], activation: activation ?? 'linear', leakyreluAlpha: 0 },
    );
    save(activation ? [input, filter, value] : [input, filter]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [xs, filters, y] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D | undefined];
        const dz = y ? reluGrad(dy, y) : dy;
        return [
          engine.runKernel<tf.Tensor>(
            'Conv2DBackpropInput',
            { dy: dz, filter: filters },
            { ...attrs, inputShape: xs.shape },
          ),
          engine.runKernel<tf.Tensor>(
            'Conv2DBackpropFilter',
            { x: xs, dy: dz },
            { ...attrs, filterShape: filters.shape },
          ),
          tf.sum(dz, [0, 1, 2]),
        ];
      },
    };
  })(x, kernel, bias);
}
