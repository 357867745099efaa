import * as tf from '@tensorflow/tfjs';
import { Conv2d, convNorm, MaxPool2d, Upsample2d, type Size } from '../../../core/index.js';
import { ScaleChannels, WeighPixels } from './layers.js';

/** Blocks of the encoder; a decoder has as many. */
export const levels = 4;

/** Channels of a block's map. */
export const channelsOf = (level: number, width: number): number => width * 2 ** (level - 1);

/** [batch, 1, 1, channels], what dropout leaves of each channel. */
const kept = (level: number, width: number): tf.SymbolicTensor =>
  tf.input({ shape: [1, 1, channelsOf(level, width)], name: `kept${level}` });

function concat(maps: tf.SymbolicTensor[], name: string): tf.SymbolicTensor {
  if (maps.length === 1) return maps[0]!;
  return tf.layers.concatenate({ name: `${name}.concat` }).apply(maps) as tf.SymbolicTensor;
}

/** [image, kept channels of each block] → [the blocks' maps at strides 1, 2, 4, 8, the bottleneck at 16]. */
export function encoderGraph(
  size: Size,
  width: number,
): { readonly inputs: tf.SymbolicTensor[]; readonly outputs: tf.SymbolicTensor[] } {
  const image = tf.input({ shape: [size.height, size.width, 3], name: 'image' });
  const masks = Array.from({ length: levels }, (_, index) => kept(index + 1, width));
  const maps: tf.SymbolicTensor[] = [];
  /** Each block's map, pooled to the size that the next one works at. */
  let sides: tf.SymbolicTensor[] = [];
  const pool = (x: tf.SymbolicTensor, name: string): tf.SymbolicTensor =>
    new MaxPool2d({ name, poolSize: 2, stride: 2 }).apply(x) as tf.SymbolicTensor;
  let x = image;
  for (let level = 1; level <= levels; level++) {
    const name = `block${level}`;
    for (const index of [1, 2]) {
      x = convNorm(x, {
        conv: `${name}.conv${index}`,
        norm: `${name}.bn${index}`,
        filters: channelsOf(level, width),
        kernelSize: 3,
        activation: 'relu',
      });
    }
    const drop = new ScaleChannels({ name: `${name}.dropout` });
    const main = pool(drop.apply([x, masks[level - 1]!]) as tf.SymbolicTensor, `${name}.pool`);
    sides = sides.map((side, index) => pool(side, `${name}.pool${level - 1 - index}`));
    const joined = concat([main, ...sides], name);
    sides = [pool(x, `${name}.side`), ...sides];
    maps.push(x);
    x = joined;
  }
  const bottleneck = new Conv2d({
    name: 'bottleneck',
    filters: channelsOf(levels + 1, width),
    kernelSize: 1,
  });
  return { inputs: [image, ...masks], outputs: [...maps, bottleneck.apply(x) as tf.SymbolicTensor] };
}

/** [the encoder's maps, the bottleneck, kept channels of each block] → [a prediction, the map that it is made of]. */
export function decoderGraph(
  features: readonly tf.SymbolicTensor[],
  width: number,
  predicted: number,
): { readonly inputs: tf.SymbolicTensor[]; readonly outputs: tf.SymbolicTensor[] } {
  const inputs = features.map(({ shape }, index) =>
    tf.input({ shape: shape.slice(1), name: `feature${index + 1}` }),
  );
  const masks = Array.from({ length: levels }, (_, index) => kept(levels - index, width));
  let x = inputs.at(-1)!;
  masks.forEach((mask, index) => {
    const name = `block${index + 1}`;
    const level = levels - index;
    const up = new Upsample2d({ name: `${name}.upsample` }).apply(x) as tf.SymbolicTensor;
    const joined = concat([up, inputs[level - 1]!], name);
    const first = sigmoidConv(joined, name, 1, channelsOf(level, width) / 2);
    const second = sigmoidConv(first, name, 2, channelsOf(level, width) / 2);
    const weighed = new WeighPixels({ name: `${name}.attention` }).apply(first) as tf.SymbolicTensor;
    const attended = tf.layers.multiply({ name: `${name}.product` }).apply([weighed, second]);
    const both = concat([second, attended as tf.SymbolicTensor], `${name}.output`);
    const drop = new ScaleChannels({ name: `${name}.dropout` });
    x = drop.apply([both, mask]) as tf.SymbolicTensor;
  });
  const head = new Conv2d({ name: 'head', filters: predicted, kernelSize: 1, useBias: false });
  return { inputs: [...inputs, ...masks], outputs: [head.apply(x) as tf.SymbolicTensor, x] };
}

function sigmoidConv(x: tf.SymbolicTensor, name: string, index: number, filters: number): tf.SymbolicTensor {
  const y = convNorm(x, {
    conv: `${name}.conv${index}`,
    norm: `${name}.bn${index}`,
    filters,
    kernelSize: 3,
  });
  const sigmoid = tf.layers.activation({ name: `${name}.sigmoid${index}`, activation: 'sigmoid' });
  return sigmoid.apply(y) as tf.SymbolicTensor;
}
