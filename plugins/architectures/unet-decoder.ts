import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  BatchNorm,
  Conv2d,
  initialize,
  Upsample2d,
  xavierNormal,
  type PartContext,
} from '../../core/index.js';

/** Channels of the decoders as published. */
export const publishedChannels = 128;

/** Options of the architectures that use this decoder. */
export const decoderOptions = z.strictObject({
  decoderChannels: z
    .int()
    .min(1)
    .default(publishedChannels)
    .describe('Channels of the decoders; 128 as published.'),
});

export interface DecoderArgs {
  readonly context: PartContext;
  /** The feature maps that it reads, finest first. */
  readonly features: readonly tf.SymbolicTensor[];
  readonly channels: number;
  /** Channels of the prediction. */
  readonly outputs: number;
}

/**
 * U-Net decoder (Ronneberger et al. 2015; paper §IV-A): a block per feature map, from the coarsest to the finest. A
 * block = 3 × (conv 3×3, batch norm, ReLU), then bilinear ×2 with aligned corners; all but the first take the
 * previous block's output and the encoder's map of the same size. Then a 1×1 convolution without bias.
 * @returns the encoder's maps → the prediction, and the map that it is made of
 */
export function unetDecoder({ context, features, channels, outputs }: DecoderArgs): tf.LayersModel {
  const inputs = features.map(({ shape }, index) =>
    tf.input({ shape: shape.slice(1), name: `feature${index + 1}` }),
  );
  let x: tf.SymbolicTensor | undefined;
  inputs.toReversed().forEach((feature, index) => {
    const block = `block${index + 1}`;
    let y = x
      ? (tf.layers.concatenate({ name: `${block}.concat` }).apply([x, feature]) as tf.SymbolicTensor)
      : feature;
    for (const layer of [1, 2, 3]) {
      y = new Conv2d({ name: `${block}.conv${layer}`, filters: channels, kernelSize: 3 }).apply(
        y,
      ) as tf.SymbolicTensor;
      y = new BatchNorm({ name: `${block}.bn${layer}`, activation: 'relu' }).apply(y) as tf.SymbolicTensor;
    }
    x = new Upsample2d({ name: `${block}.upsample` }).apply(y) as tf.SymbolicTensor;
  });
  const head = new Conv2d({ name: 'head', filters: outputs, kernelSize: 1, useBias: false }).apply(x!);
  const model = tf.model({ inputs, outputs: [head as tf.SymbolicTensor, x!], name: context.name });
  if (context.initialize) initialize(context.name, model, xavierNormal, context.seed);
  return model;
}
