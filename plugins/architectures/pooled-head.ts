import * as tf from '@tensorflow/tfjs';
import { Conv2d, initialize, xavierNormal, type PartContext, type Task } from '../../core/index.js';
import { unetDecoder, type DecoderArgs } from './unet-decoder.js';

/**
 * What turns an encoder's feature maps into a task's prediction, `decoder.TASK`: a decoder, or a pooled head. It gives the map
 * that the prediction is made of, too.
 */
export function taskHead(
  { name, channels: outputs, pooled }: Task,
  { context, ...args }: Pick<DecoderArgs, 'features' | 'channels'> & { context: Omit<PartContext, 'name'> },
): tf.LayersModel {
  const all = { ...args, context: { ...context, name: `decoder.${name}` }, outputs };
  return pooled ? pooledHead(all) : unetDecoder(all);
}

/**
 * The head of a task with one prediction per image: the mean of the encoder's coarsest feature map over its pixels,
 * then a 1×1 convolution with bias. [batch, 1, 1, outputs]. It is given all feature maps, as a decoder is.
 * @returns the encoder's maps → the prediction, and the mean that it is made of
 */
export function pooledHead({ context, features, outputs }: Omit<DecoderArgs, 'channels'>): tf.LayersModel {
  const inputs = features.map(({ shape }, index) =>
    tf.input({ shape: shape.slice(1), name: `feature${index + 1}` }),
  );
  const pooled = new GlobalMean({ name: 'pool' }).apply(inputs.at(-1)!) as tf.SymbolicTensor;
  const head = new Conv2d({ name: 'head', filters: outputs, kernelSize: 1 }).apply(pooled);
  const model = tf.model({ inputs, outputs: [head as tf.SymbolicTensor, pooled], name: context.name });
  if (context.initialize) initialize(context.name, model, xavierNormal, context.seed);
  return model;
}

/** Mean over height and width: [batch, height, width, channels] → [batch, 1, 1, channels]. */
class GlobalMean extends tf.layers.Layer {
  static readonly className = 'CrosstaskGlobalMean';

  constructor(args: { readonly name?: string }) {
    super(args.name ? { name: args.name } : {});
  }

  override computeOutputShape([batch, , , channels]: tf.Shape): tf.Shape {
    return [batch!, 1, 1, channels!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mean(Array.isArray(inputs) ? inputs[0]! : inputs, [1, 2], true);
  }
}

tf.serialization.registerClass(GlobalMean);
