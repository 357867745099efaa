import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  convNorm,
  definePart,
  initialize,
  MaxPool2d,
  requireMultiples,
  xavierNormal,
  type Backbone,
  type BackboneStage,
} from '../../core/index.js';

const options = z.strictObject({
  width: z.int().min(1).default(64).describe('Channels of the first stage; 64 as published.'),
});

/** Channels per width, and convolutions, of VGG-16's stages (Simonyan & Zisserman 2015). */
const layout = [
  { factor: 1, convolutions: 2 },
  { factor: 2, convolutions: 2 },
  { factor: 4, convolutions: 3 },
  { factor: 8, convolutions: 3 },
  { factor: 8, convolutions: 3 },
] as const;

function stage(channels: number, convolutions: number): BackboneStage {
  return {
    channels,
    convolutions,
    build(x, name) {
      const maps: tf.SymbolicTensor[] = [];
      for (let index = 1; index <= convolutions; index++) {
        maps.push(
          convNorm(maps.at(-1) ?? x, {
            conv: `${name}.conv${index}`,
            norm: `${name}.bn${index}`,
            filters: channels,
            kernelSize: 3,
            activation: 'relu',
          }),
        );
      }
      return [maps[0]!, maps.at(-1)!];
    },
  };
}

/**
 * SegNet's encoder (Badrinarayanan et al. 2017): VGG-16's stages of 3×3 convolutions with bias, batch norm and ReLU, 64 to
 * 512 channels, each followed by 2×2 max-pooling. Its feature maps are the pooled ones, at strides 2, 4, 8, 16, 32.
 */
export const segnet = definePart({
  description: 'SegNet’s image encoder (Badrinarayanan et al. 2017) in VGG-16’s layout, with batch norm.',
  options,
  create: ({ width }): Backbone => {
    const stages = layout.map(({ factor, convolutions }) => stage(width * factor, convolutions));
    const strides = stages.map((_, index) => 2 ** (index + 1));
    return {
      channels: stages.map(({ channels }) => channels),
      strides,
      stages,
      build({ size, name, seed, initialize: fresh }) {
        requireMultiples(size, strides.at(-1)!, 'a SegNet');
        const image = tf.input({ shape: [size.height, size.width, 3], name: 'image' });
        const features: tf.SymbolicTensor[] = [];
        stages.forEach((part, index) => {
          const [, last] = part.build(features.at(-1) ?? image, `stage${index + 1}`);
          const pool = new MaxPool2d({ name: `stage${index + 1}.pool`, poolSize: 2, stride: 2 });
          features.push(pool.apply(last) as tf.SymbolicTensor);
        });
        const model = tf.model({ inputs: image, outputs: features, name });
        if (fresh) initialize(name, model, xavierNormal, seed);
        return model;
      },
    };
  },
});
