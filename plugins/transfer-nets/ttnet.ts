import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  BatchNorm,
  Conv2d,
  definePart,
  initialize,
  MaxPool2d,
  requireMultiples,
  Upsample2d,
  xavierNormal,
  type TransferNet,
} from '../../core/index.js';

const options = z.strictObject({
  channels: z
    .int()
    .min(1)
    .default(64)
    .describe('Channels of the first level; 64 as published, 128 = "wider".'),
  batchNorm: z.boolean().default(false).describe('Batch norm after every 3×3 convolution.'),
});

const levels = 3;

/**
 * TTNet (paper §IV-A), a small U-Net from one task's prediction to another's: 3 × (2 convolutions 3×3 with ReLU,
 * max-pooling 2×2) at 64, 128, 256 channels, then 3 × (bilinear ×2 with aligned corners, 2 convolutions 3×3 with
 * ReLU), each after the first joined with the pooled map of its size, then a 1×1 convolution without bias.
 */
export const ttnet = definePart({
  description: 'Task-transfer network of the paper: a U-Net of three levels.',
  options,
  create: ({ channels, batchNorm }): TransferNet => ({
    build({ size, from, to, name, seed, initialize: fresh }) {
      requireMultiples(size, 2 ** levels, 'a TTNet');
      const convs = (x: tf.SymbolicTensor, block: string, filters: number): tf.SymbolicTensor =>
        [1, 2].reduce((y, layer) => {
          const activation = batchNorm ? null : 'relu';
          const conv = new Conv2d({
            name: `${block}.conv${layer}`,
            filters,
            kernelSize: 3,
            activation,
          }).apply(y);
          return (
            batchNorm ? new BatchNorm({ name: `${block}.bn${layer}`, activation: 'relu' }).apply(conv) : conv
          ) as tf.SymbolicTensor;
        }, x);
      const input = tf.input({ shape: [size.height, size.width, from.channels], name: 'prediction' });
      const pooled: tf.SymbolicTensor[] = [];
      let x: tf.SymbolicTensor = input;
      for (let level = 1; level <= levels; level++) {
        x = convs(x, `down${level}`, channels * 2 ** (level - 1));
        x = new MaxPool2d({ name: `down${level}.pool`, poolSize: 2, stride: 2 }).apply(
          x,
        ) as tf.SymbolicTensor;
        pooled.push(x);
      }
      // 256 → 128 → 64 → 64: the last level keeps the first one's channels.
      for (let level = 1; level <= levels; level++) {
        const skip = level > 1 ? pooled[levels - level] : undefined;
        const joined = skip
          ? (tf.layers.concatenate({ name: `up${level}.concat` }).apply([x, skip]) as tf.SymbolicTensor)
          : x;
        const upsampled = new Upsample2d({ name: `up${level}.upsample` }).apply(joined) as tf.SymbolicTensor;
        x = convs(upsampled, `up${level}`, channels * 2 ** Math.max(0, levels - 1 - level));
      }
      const head = new Conv2d({ name: 'head', filters: to.channels, kernelSize: 1, useBias: false }).apply(x);
      const model = tf.model({ inputs: input, outputs: head as tf.SymbolicTensor, name });
      if (fresh) initialize(name, model, xavierNormal, seed);
      return model;
    },
  }),
});
