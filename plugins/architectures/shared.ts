import type * as tf from '@tensorflow/tfjs';
import { definePart, type Architecture, type ArchitectureContext, type Network } from '../../core/index.js';
import { decoderOptions, unetDecoder } from './unet-decoder.js';

/** One encoder for all tasks, a decoder per task: the paper's Base MT-Net and the trunk of its XTasC-Net. */
export const shared = definePart({
  description: 'One encoder shared by all tasks, a U-Net decoder per task (Base MT-Net, XTasC-Net).',
  options: decoderOptions,
  create: ({ decoderChannels }): Architecture => ({
    build({ tasks, backbone, ...context }: ArchitectureContext): Network {
      const encoder = backbone.build({ ...context, name: 'encoder' });
      const decoders = tasks.map(({ name, channels }) =>
        unetDecoder({
          context: { ...context, name: `decoder.${name}` },
          encoder,
          channels: decoderChannels,
          outputs: channels,
        }),
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
