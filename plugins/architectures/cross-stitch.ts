import type * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { definePart, type Architecture, type Network } from '../../core/index.js';
import { columnsNetwork } from './segnet/columns.js';
import { decoderColumns } from './segnet/decoder.js';
import { encoderColumns, type Join } from './segnet/encoder.js';
import { segNetSettings, type SegNetSettings } from './segnet/parts.js';
import { CrossStitch, type StitchArgs } from './segnet/stitch.js';

const options = z.strictObject({
  unit: z
    .enum(['channel', 'scalar', 'sum'])
    .default('channel')
    .describe(
      'A weight for each pair of tasks and channel, or pair of tasks; `sum`: one mixture for all tasks, as in MTAN’s comparison.',
    ),
  own: z.number().default(0.9).describe('Where the weight of a task’s own map starts; 1 for all with `sum`.'),
  other: z.number().default(0.1).describe('Where the weights of the other tasks’ maps start.'),
});

/**
 * Cross-stitch networks (Misra et al. 2016, https://arxiv.org/abs/1604.03539): a SegNet per task; what their stages are fed, from
 * the encoders' second to the decoders' last, is mixed by trained weights. `sum` as in the comparison of Liu et al. 2019: every
 * task is fed the same Σ_j w_j x_j, w starting at 1.
 */
export const crossStitch = definePart({
  description: 'A SegNet per task, with cross-stitch units that mix their maps between the stages.',
  options,
  create: ({ unit, own, other }): Architecture => ({
    build: (context): Network =>
      crossStitchNetwork(
        { ...segNetSettings('cross-stitch', context), distribution: 'uniform' },
        { unit, own: unit === 'sum' ? 1 : own, other },
      ),
  }),
});

function crossStitchNetwork(settings: SegNetSettings, unit: Omit<StitchArgs, 'name'>): Network {
  const { tasks, stages, size } = settings;
  const prefixes = tasks.map(({ name }) => `${name}.`);
  const join: Join = (values, level) => {
    const stitch = new CrossStitch({ ...unit, name: `stitch${level}` });
    const mixed = stitch.apply([...values]) as tf.SymbolicTensor | tf.SymbolicTensor[];
    return Array.isArray(mixed) ? mixed : values.map(() => mixed);
  };
  const encoders = encoderColumns({ size, stages, prefixes, join });
  const decoders = decoderColumns({ stages, encoders: encoders.columns, prefixes, join });
  const lasts = decoders.columns.map((column) => column.lasts.at(-1)!);
  return columnsNetwork(settings, { encoders, decoders, own: [...tasks.keys()], lasts });
}
