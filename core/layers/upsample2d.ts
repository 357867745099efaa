import * as tf from '@tensorflow/tfjs';
import { inputTensor } from './layer.js';

/** As tfjs' own layers take them. */
export interface Upsample2dArgs {
  readonly name?: string;
  /** Whole factor for height and width; default 2. */
  readonly factor?: number;
}

/** Bilinear upsampling with aligned corners: corner pixels keep their values. (tf.layers' UpSampling2D has no such option.) */
export class Upsample2d extends tf.layers.Layer {
  static readonly className = 'CrosstaskUpsample2d';
  private readonly factor: number;

  constructor({ name, factor = 2 }: Upsample2dArgs) {
    super(name ? { name } : {});
    this.factor = factor;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    const scaled = (size: number | null): number | null => (size === null ? null : size * this.factor);
    return [inputShape[0]!, scaled(inputShape[1]!), scaled(inputShape[2]!), inputShape[3]!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = inputTensor(inputs);
    return tf.image.resizeBilinear(x, [x.shape[1] * this.factor, x.shape[2] * this.factor], true);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), factor: this.factor };
  }
}

tf.serialization.registerClass(Upsample2d);
