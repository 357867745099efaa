import type * as tf from '@tensorflow/tfjs';
import { definePart, type Architecture, type ArchitectureContext, type Network } from '../../core/index.js';
import { taskHead } from './pooled-head.js';
import { decoderOptions } from './unet-decoder.js';

/** An encoder and a decoder per task, nothing shared: the paper's Base ST-Net. */
export const single = definePart({
  description: 'A network of its own per task (Base ST-Net).',
  options: decoderOptions,
  create: ({ decoderChannels }): Architecture => ({
    build({ tasks, backbone, ...context }: ArchitectureContext): Network {
      const networks = tasks.map((task) => {
        const encoder = backbone.build({ ...context, name: `encoder.${task.name}` });
        const decoder = taskHead(task, { context, features: encoder.outputs, channels: decoderChannels });
        return { name: task.name, encoder, decoder };
      });
      return {
        parts: Object.fromEntries(
          networks.flatMap(({ encoder, decoder }) => [
            [encoder.name, encoder],
            [decoder.name, decoder],
          ]),
        ),
        forward(image, training) {
          return Object.fromEntries(
            networks.map(({ name, encoder, decoder }) => {
              const features = encoder.apply(image, { training }) as tf.Tensor[];
              return [name, decoder.apply(features, { training }) as tf.Tensor4D] as const;
            }),
          );
        },
      };
    },
  }),
});
