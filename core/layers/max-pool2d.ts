import * as tf from '@tensorflow/tfjs';
import { inputTensor } from './layer.js';

/** As tfjs' own layers take them. */
export interface MaxPool2dArgs {
  readonly name?: string;
  readonly poolSize: number;
  readonly stride: number;
  /** −∞ on each side, as PyTorch's `padding`; default 0. */
  readonly padding?: number;
}

/** Max-pooling with PyTorch's padding. */
export class MaxPool2d extends tf.layers.Layer {
  static readonly className = 'CrosstaskMaxPool2d';
  private readonly args: Required<Omit<MaxPool2dArgs, 'name'>>;

  constructor(args: MaxPool2dArgs) {
    super(args.name ? { name: args.name } : {});
    const { poolSize, stride, padding = 0 } = args;
    this.args = { poolSize, stride, padding };
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    const { poolSize, stride, padding } = this.args;
    const length = (size: number | null): number | null =>
      size === null ? null : Math.floor((size + 2 * padding - poolSize) / stride) + 1;
    return [inputShape[0]!, length(inputShape[1]!), length(inputShape[2]!), inputShape[3]!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { poolSize, stride, padding } = this.args;
    return tf.maxPool(inputTensor(inputs), poolSize, stride, padding, 'floor');
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.args };
  }
}

tf.serialization.registerClass(MaxPool2d);
