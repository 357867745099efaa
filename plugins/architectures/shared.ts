import type * as tf from '@tensorflow/tfjs';
import { definePart, type Architecture, type ArchitectureContext, type Network } from '../../core/index.js';
import { taskHead } from './pooled-head.js';
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
      const decoders = tasks.map((task) =>
        taskHead(task, { context, features: encoder.outputs, channels: decoderChannels }),
      );
      return {
        parts: { encoder, ...Object.fromEntries(decoders.map((decoder) => [decoder.name, decoder])) },
        forward(image, training) {
          const features = encoder.apply(image, { training }) as tf.Tensor[];
          return Object.fromEntries(
            tasks.map(
              ({ name }, index) =>
                [name, decoders[index]!.apply(features, { training }) as tf.Tensor4D] as const,
            ),
          );
        },
      };
    },
  }),
});
