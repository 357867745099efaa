import type * as tf from '@tensorflow/tfjs';
import type { Network } from '../../../core/index.js';
import { makePart, outputsOf, partsByName, predictionsOf } from '../common/parts.js';
import type { decoderColumns } from './decoder.js';
import type { encoderColumns } from './encoder.js';
import { segNetHeads, type SegNetSettings } from './settings.js';

/** The graphs that a network is cut from. */
export interface ColumnGraphs {
  readonly encoders: ReturnType<typeof encoderColumns>;
  readonly decoders: ReturnType<typeof decoderColumns>;
  /** By task: the map that its head is fed. Several tasks may have one. */
  readonly lasts: readonly tf.SymbolicTensor[];
}

/** SegNets side by side as a network. Parts: `encoder`, `decoder`, `head.TASK`. */
export function columnsNetwork(
  settings: SegNetSettings,
  { encoders: { image, columns }, decoders, lasts }: ColumnGraphs,
): Network {
  const { tasks } = settings;
  const encoded = columns.flatMap(({ pooled, indices }) => [pooled.at(-1)!, ...indices]);
  const encoder = makePart('encoder', image, encoded, settings);
  const distinct = [...new Set(lasts)];
  const decoder = makePart('decoder', decoders.inputs, distinct, settings);
  const heads = segNetHeads(settings, lasts);
  return {
    parts: partsByName([encoder, decoder, ...heads]),
    forward(images, training) {
      const maps = outputsOf(decoder, outputsOf(encoder, images, training), training);
      const features = lasts.map((last) => maps[distinct.indexOf(last)]!);
      return predictionsOf(tasks, heads, features, training);
    },
  };
}
