import type * as tf from '@tensorflow/tfjs';
import type { Network } from '../../../core/index.js';
import { headOutputs, makePart, outputsOf, partsByName, shapesOf } from '../common/parts.js';
import type { decoderColumns } from './decoder.js';
import type { encoderColumns } from './encoder.js';
import { segNetHeads, type SegNetSettings } from './settings.js';

/** The graphs that a network is cut from. */
export interface ColumnGraphs {
  readonly encoders: ReturnType<typeof encoderColumns>;
  readonly decoders: ReturnType<typeof decoderColumns>;
  /** By task: which column's encoder it ends with. Several tasks may have one. */
  readonly own: readonly number[];
  /** By task: the map that its head is fed. Several tasks may have one. */
  readonly lasts: readonly tf.SymbolicTensor[];
}

/** SegNets side by side as a network. Parts: `encoder`, `decoder`, `head.TASK`. */
export function columnsNetwork(
  settings: SegNetSettings,
  { encoders: { image, columns }, decoders, own, lasts }: ColumnGraphs,
): Network {
  const { tasks } = settings;
  const encoded = columns.flatMap(({ pooled, indices }) => [pooled.at(-1)!, ...indices]);
  const bottlenecks = own.map((column) => columns[column]!.pooled.at(-1)!);
  const encoder = makePart('encoder', image, encoded, settings);
  const distinct = [...new Set(lasts)];
  const decoder = makePart('decoder', decoders.inputs, distinct, settings);
  const heads = segNetHeads(settings, lasts);
  return {
    parts: partsByName([encoder, decoder, ...heads]),
    featureShapes: shapesOf(tasks, { bottlenecks, decoded: lasts }),
    forward(images, options) {
      const { training } = options;
      const coarse = outputsOf(encoder, images, training);
      const maps = outputsOf(decoder, coarse, training);
      const found = {
        bottlenecks: bottlenecks.map((map) => coarse[encoded.indexOf(map)]!),
        decoded: lasts.map((last) => maps[distinct.indexOf(last)]!),
      };
      return headOutputs(tasks, heads, found, options);
    },
  };
}
