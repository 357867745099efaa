import * as tf from '@tensorflow/tfjs';
import {
  convNormLayers,
  MaxPool2d,
  Upsample2d,
  type BackboneStage,
  type Network,
} from '../../../core/index.js';
import { attend } from '../common/attend.js';
import { headOutputs, makePart, outputsOf, partsByName, shapesOf } from '../common/parts.js';
import { decoderColumns, type DecoderColumn } from './decoder.js';
import { encoderColumns, type EncoderColumn } from './encoder.js';
import { segNetHeads, type SegNetSettings } from './settings.js';

/**
 * MTAN (Liu et al. 2019): a SegNet shared by the tasks, and per task attention modules that pick from its maps. A module's
 * mask multiplies the last map of a stage. It sees the first map of an encoder's stage, or the unpooled map of a decoder's, and the
 * task's attended map of the stage before, which a 3×3 convolution with batch norm and ReLU that all tasks share has brought to its
 * size.
 *
 * Parts: `encoder`, `decoder`, `attention`, `head.TASK`.
 * @param suffix ends the names of the first three: `` or `.TASK`
 */
export function attentionNetwork(settings: SegNetSettings, suffix = ''): Network {
  const { tasks, stages, size } = settings;
  const { image, columns } = encoderColumns({ size, stages, prefixes: [''] });
  const shared = columns[0]!;
  const { firsts, lasts, pooled, indices } = shared;
  const encoder = makePart(
    `encoder${suffix}`,
    image,
    [...firsts, ...lasts, pooled.at(-1)!, ...indices],
    settings,
  );
  const graph = decoderColumns({ stages, encoders: columns, prefixes: [''] });
  const mirrored = graph.columns[0]!;
  const decoder = makePart(
    `decoder${suffix}`,
    graph.inputs,
    [...mirrored.unpooled, ...mirrored.lasts],
    settings,
  );
  const prefixes = tasks.map(({ name }) => (suffix ? '' : `${name}.`));
  const { inputs, attended } = attentionGraph({ stages, encoder: shared, decoder: mirrored, prefixes });
  const { bottlenecks, decoded } = attended;
  const attention = makePart(`attention${suffix}`, inputs, [...decoded, ...bottlenecks], settings);
  const heads = segNetHeads(settings, decoded);
  return {
    parts: partsByName([encoder, decoder, attention, ...heads]),
    featureShapes: shapesOf(tasks, attended),
    forward(image, options) {
      const { training } = options;
      const maps = outputsOf(encoder, image, training);
      const seen = 2 * stages.length;
      const fine = outputsOf(decoder, maps.slice(seen), training);
      const found = outputsOf(attention, [...maps.slice(0, seen), ...fine], training);
      const own = { decoded: found.slice(0, tasks.length), bottlenecks: found.slice(tasks.length) };
      return headOutputs(tasks, heads, own, options);
    },
  };
}

interface AttentionArgs {
  readonly stages: readonly BackboneStage[];
  readonly encoder: EncoderColumn;
  readonly decoder: DecoderColumn;
  /** What the names of each task's layers begin with. */
  readonly prefixes: readonly string[];
}

/** The masks of all tasks: the shared maps → each task's coarsest attended map, and its last one. */
function attentionGraph({ stages, encoder, decoder, prefixes }: AttentionArgs): {
  readonly inputs: readonly tf.SymbolicTensor[];
  readonly attended: {
    readonly bottlenecks: readonly tf.SymbolicTensor[];
    readonly decoded: readonly tf.SymbolicTensor[];
  };
} {
  const input = (name: string) => (map: tf.SymbolicTensor, index: number) =>
    tf.input({ shape: map.shape.slice(1), name: `${name}${index + 1}` });
  const firsts = encoder.firsts.map(input('first'));
  const lasts = encoder.lasts.map(input('last'));
  const unpooled = decoder.unpooled.map(input('unpooled'));
  const decoded = decoder.lasts.map(input('decoded'));
  const channels = stages.map((stage) => stage.channels);
  // The encoder's maps go on at the channels of the stage below, the decoder's at those of the stage above; at both ends they stay.
  const down = channels.map((own, index) => sharedConv(`encoder${index + 1}`, channels[index + 1] ?? own));
  const up = channels.map((own, index) => sharedConv(`decoder${index + 1}`, channels[index - 1] ?? own));
  const bottlenecks: tf.SymbolicTensor[] = [];
  const finest = prefixes.map((prefix) => {
    let x: tf.SymbolicTensor | undefined;
    firsts.forEach((first, index) => {
      const name = `${prefix}encoder${index + 1}`;
      const attended = attend(x ? [first, x] : [first], lasts[index]!, name);
      const pool = new MaxPool2d({ name: `${name}.pool`, poolSize: 2, stride: 2 });
      x = pool.apply(down[index]!(attended)) as tf.SymbolicTensor;
    });
    bottlenecks.push(x!);
    unpooled.forEach((map, index) => {
      const level = stages.length - index;
      const name = `${prefix}decoder${level}`;
      const upsampled = new Upsample2d({ name: `${name}.upsample` }).apply(x!) as tf.SymbolicTensor;
      x = attend([map, up[level - 1]!(upsampled)], decoded[index]!, name);
    });
    return x!;
  });
  return {
    inputs: [...firsts, ...lasts, ...unpooled, ...decoded],
    attended: { bottlenecks, decoded: finest },
  };
}

/** A 3×3 convolution with batch norm and ReLU, the same one wherever it is used. */
function sharedConv(name: string, filters: number): (x: tf.SymbolicTensor) => tf.SymbolicTensor {
  const names = { conv: `${name}.conv`, norm: `${name}.bn` };
  return convNormLayers({ ...names, filters, kernelSize: 3, activation: 'relu' });
}
