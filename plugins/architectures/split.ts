import { z } from 'zod';
import { definePart, type Architecture, type Network } from '../../core/index.js';
import { decoderColumns } from './segnet/decoder.js';
import { encoderColumns } from './segnet/encoder.js';
import {
  makePart,
  outputsOf,
  partsByName,
  predictionsOf,
  segNetHeads,
  segNetSettings,
  type SegNetSettings,
} from './segnet/parts.js';

/**
 * SegNet (Badrinarayanan et al. 2017) shared by all tasks up to its last decoder map, then a head per task: hard parameter
 * sharing, "Split" in Liu et al. 2019; with one task, SegNet itself.
 */
export const split = definePart({
  description: 'One SegNet shared by all tasks, a head per task; with one task, SegNet itself.',
  options: z.strictObject({}),
  create: (): Architecture => ({
    build: (context): Network => splitNetwork(segNetSettings('split', context)),
  }),
});

function splitNetwork(settings: SegNetSettings): Network {
  const { tasks, stages, size } = settings;
  const { image, columns } = encoderColumns({ size, stages, prefixes: [''] });
  const [column] = columns;
  const encoder = makePart('encoder', image, [column!.pooled.at(-1)!, ...column!.indices], settings);
  const graph = decoderColumns({ stages, encoders: columns, prefixes: [''] });
  const last = graph.columns[0]!.lasts.at(-1)!;
  const decoder = makePart('decoder', graph.inputs, last, settings);
  const heads = segNetHeads(
    settings,
    tasks.map(() => last),
  );
  return {
    parts: partsByName([encoder, decoder, ...heads]),
    forward(image, training) {
      const [feature] = outputsOf(decoder, outputsOf(encoder, image, training), training);
      return predictionsOf(
        tasks,
        heads,
        tasks.map(() => feature!),
        training,
      );
    },
  };
}
