import type * as tf from '@tensorflow/tfjs';
import { definePart, type Architecture, type ArchitectureContext, type Network } from '../../core/index.js';
import { taskHead } from './pooled-head.js';
import { wayOutputs, wayShapes } from './task-ways.js';
import { decoderOptions } from './unet-decoder.js';

/** An encoder and a decoder per task, nothing shared: the paper's Base ST-Net. */
export const single = definePart({
  description: 'A network of its own per task (Base ST-Net).',
  options: decoderOptions,
  create: ({ decoderChannels }): Architecture => ({
    build({ tasks, backbone, ...context }: ArchitectureContext): Network {
      const ways = tasks.map((task) => {
        const encoder = backbone.build({ ...context, name: `encoder.${task.name}` });
        const decoder = taskHead(task, { context, features: encoder.outputs, channels: decoderChannels });
        return { name: task.name, encoder, coarsest: encoder.outputs.at(-1)!, decoder };
      });
      return {
        parts: Object.fromEntries(
          ways.flatMap(({ encoder, decoder }) => [
            [encoder.name, encoder],
            [decoder.name, decoder],
          ]),
        ),
        featureShapes: wayShapes(ways),
        forward(image, options) {
          const how = { training: options.training };
          return wayOutputs(ways, ({ encoder }) => encoder.apply(image, how) as tf.Tensor[], options);
        },
      };
    },
  }),
});
