import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  currentPart,
  definePart,
  namedWeights,
  Random,
  requireMultiples,
  type Architecture,
  type ArchitectureContext,
  type KernelScale,
  type Network,
} from '../../core/index.js';
import { channelsOf, decoderGraph, encoderGraph, levels } from './adamt/graph.js';
import { expectPixels, makePart, outputsOf, partsByName, type PartSettings } from './common/parts.js';
import { wayOutputs, wayShapes } from './task-ways.js';

const options = z.strictObject({
  width: z
    .int()
    .min(2)
    .multipleOf(2)
    .default(64)
    .describe('Channels of the first block; 64 as published. An even number.'),
  dropout: z.number().min(0).max(0.9).default(0.5).describe('Share of the channels that training drops.'),
});

/** PyTorch's own start, which the published code keeps: uniform in ±1/√fan-in. */
const torchDefault: KernelScale = ([height, width, input]) => 1 / Math.sqrt(3 * height! * width! * input!);

/**
 * AdaMT-Net (Jha et al. 2020): a densely connected U-Net encoder with channel dropout, and a decoder per task whose blocks join
 * b = σ(BN(conv)) of a = σ(BN(conv)) with the attention (W ⊙ a) ⊙ b. W is trained and has a number for each pixel and channel.
 * In the published code it has one for each place in the batch, too, which means nothing once the batch is another one: here it
 * has one for all. The backbone is not used.
 */
export const adamt = definePart({
  description:
    'A dense U-Net encoder and a decoder with trained attention per task (AdaMT-Net); no backbone.',
  options,
  create: ({ width, dropout }): Architecture => ({
    build: (context): Network => adaMtNetwork(context, width, dropout),
  }),
});

function adaMtNetwork(
  { tasks, size, seed, initialize }: ArchitectureContext,
  width: number,
  dropout: number,
): Network {
  expectPixels('adamt', tasks);
  requireMultiples(size, 2 ** levels, 'an AdaMT-Net');
  const settings: PartSettings = {
    size,
    seed,
    initialize,
    scale: torchDefault,
    distribution: 'uniform',
  };
  const { inputs, outputs } = encoderGraph(size, width);
  const encoder = makePart('encoder', inputs, outputs, settings);
  const ways = tasks.map(({ name, channels }) => {
    const graph = decoderGraph(outputs, width, channels);
    const decoder = makePart(`decoder.${name}`, graph.inputs, graph.outputs, settings);
    if (initialize) startAttention(decoder, seed);
    return { name, coarsest: outputs.at(-1)!, decoder };
  });
  return {
    parts: partsByName([encoder, ...ways.map(({ decoder }) => decoder)]),
    featureShapes: wayShapes(ways),
    forward(image, options) {
      const { training, step } = options;
      const rate = training ? dropout : 0;
      const kept = (part: tf.LayersModel, order: readonly number[]): tf.Tensor[] =>
        order.map((level) => {
          const random = new Random(seed, 'dropout', part.name, level, step);
          const channels = channelsOf(level, width);
          // A sample loses the same channels, whichever rank computes it.
          const before = currentPart()?.first ?? 0;
          if (rate > 0) for (let draw = before * channels; draw > 0; draw--) random.uniform();
          return keptChannels(image.shape[0], channels, rate, random);
        });
      const ascending = Array.from({ length: levels }, (_, index) => index + 1);
      const maps = outputsOf(encoder, [image, ...kept(encoder, ascending)], training);
      return wayOutputs(
        ways,
        () => maps,
        options,
        ({ decoder }) => kept(decoder, ascending.toReversed()),
      );
    },
  };
}

/** 0 for a channel that is dropped, 1/(1 − rate) for one that is kept. [batch, 1, 1, channels] */
function keptChannels(batch: number, channels: number, rate: number, random: Random): tf.Tensor4D {
  if (rate === 0) return tf.ones([batch, 1, 1, channels]);
  const values = Float32Array.from({ length: batch * channels }, () =>
    random.uniform() < rate ? 0 : 1 / (1 - rate),
  );
  return tf.tensor4d(values, [batch, 1, 1, channels]);
}

/** W starts uniform in [0, 1). */
function startAttention(decoder: tf.LayersModel, seed: number): void {
  for (const [name, weight] of namedWeights(decoder.name, decoder)) {
    if (!name.endsWith('.weights')) continue;
    const variable = weight.read() as tf.Variable;
    const random = new Random(seed, 'initialize', name);
    const values = Float32Array.from({ length: variable.size }, () => random.uniform());
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}
