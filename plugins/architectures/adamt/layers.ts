import * as tf from '@tensorflow/tfjs';

/** x ⊙ factor of each channel: [x, factors [batch, 1, 1, channels]] → the shape of x. */
export class ScaleChannels extends tf.layers.Layer {
  static readonly className = 'CrosstaskScaleChannels';

  constructor(args: { readonly name?: string }) {
    super(args.name ? { name: args.name } : {});
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return inputShape[0] as tf.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, factors] = inputs as [tf.Tensor, tf.Tensor];
    return tf.mul(x, factors);
  }
}

tf.serialization.registerClass(ScaleChannels);

/** W ⊙ x with a trained number for each pixel and channel. Weight: `weights` [1, height, width, channels], start 0. */
export class WeighPixels extends tf.layers.Layer {
  static readonly className = 'CrosstaskWeighPixels';
  private factors: tf.LayerVariable | undefined;

  constructor(args: { readonly name?: string }) {
    super(args.name ? { name: args.name } : {});
  }

  override build(inputShape: tf.Shape): void {
    const [, height, width, channels] = inputShape;
    const shape = [1, height!, width!, channels!];
    this.factors = this.addWeight('weights', shape, 'float32', tf.initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul(this.factors!.read(), Array.isArray(inputs) ? inputs[0]! : inputs);
  }
}

tf.serialization.registerClass(WeighPixels);
