import { z } from 'zod';
import { definePart, type Architecture, type Network } from '../../core/index.js';
import { columnsNetwork } from './segnet/columns.js';
import { decoderColumns } from './segnet/decoder.js';
import { encoderColumns } from './segnet/encoder.js';
import { segNetSettings, type SegNetSettings } from './segnet/settings.js';

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
  const encoders = encoderColumns({ size, stages, prefixes: [''] });
  const decoders = decoderColumns({ stages, encoders: encoders.columns, prefixes: [''] });
  const last = decoders.columns[0]!.lasts.at(-1)!;
  return columnsNetwork(settings, {
    encoders,
    decoders,
    own: tasks.map(() => 0),
    lasts: tasks.map(() => last),
  });
}
