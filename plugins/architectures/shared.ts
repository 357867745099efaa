import type * as tf from '@tensorflow/tfjs';
import { definePart, type Architecture, type ArchitectureContext, type Network } from '../../core/index.js';
import { taskHead } from './pooled-head.js';
import { wayOutputs, wayShapes } from './task-ways.js';
import { decoderOptions } from './unet-decoder.js';

/**
 * One encoder for all tasks, a decoder per task: the paper's Base MT-Net and the trunk of its XTasC-Net. A task with one
 * prediction per image has a pooled head instead.
 */
export const shared = definePart({
  description: 'One encoder shared by all tasks, a U-Net decoder per task (Base MT-Net, XTasC-Net).',
  options: decoderOptions,
  create: ({ decoderChannels }): Architecture => ({
    build({ tasks, backbone, ...context }: ArchitectureContext): Network {
      const encoder = backbone.build({ ...context, name: 'encoder' });
      const ways = tasks.map((task) => {
        const decoder = taskHead(task, { context, features: encoder.outputs, channels: decoderChannels });
        return { name: task.name, coarsest: encoder.outputs.at(-1)!, decoder };
      });
      return {
        parts: { encoder, ...Object.fromEntries(ways.map(({ decoder }) => [decoder.name, decoder])) },
        featureShapes: wayShapes(ways),
        forward(image, options) {
          const maps = encoder.apply(image, { training: options.training }) as tf.Tensor[];
          return wayOutputs(ways, () => maps, options);
        },
      };
    },
  }),
});
