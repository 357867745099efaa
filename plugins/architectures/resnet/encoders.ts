import type * as tf from '@tensorflow/tfjs';
import type { ArchitectureContext, SectionedEncoder } from '../../../core/index.js';

/** What a network on encoders in sections is made of. */
export interface EncoderSettings extends Omit<ArchitectureContext, 'backbone'> {
  readonly encoder: SectionedEncoder;
  /** Channels of the U-Net decoders. */
  readonly decoderChannels: number;
}

/** The maps of an encoder's section in a graph. */
export interface SectionMaps {
  /** What its last block is fed; of a section of one block, what it gives. */
  readonly before: tf.SymbolicTensor;
  /** The feature map. */
  readonly last: tf.SymbolicTensor;
}

/**
 * Puts encoders side by side into a graph, section by section: [batch, height, width, 3] → the maps of each, finest first.
 * @param prefixes what the layers' names of each encoder begin with: `` or `TASK.`
 * @param join what they go on with, from their feature maps; default every encoder goes on with its own
 * @param level the section that gave the maps, from 1
 */
export function encoderGraph(
  { encoder, size }: Pick<EncoderSettings, 'encoder' | 'size'>,
  prefixes: readonly string[],
  join: (maps: readonly tf.SymbolicTensor[], level: number) => readonly tf.SymbolicTensor[] = (maps) => maps,
): { readonly image: tf.SymbolicTensor; readonly columns: readonly (readonly SectionMaps[])[] } {
  const image = encoder.input(size);
  const columns = prefixes.map((): SectionMaps[] => []);
  encoder.sections.forEach((section, index) => {
    const given = columns.map((column, at) => section.build(column.at(-1)?.last ?? image, prefixes[at]!));
    const joined = join(
      given.map((maps) => maps.at(-1)!),
      index + 1,
    );
    columns.forEach((column, at) => {
      column.push({ before: given[at]!.at(-2) ?? given[at]!.at(-1)!, last: joined[at]! });
    });
  });
  return { image, columns };
}
