import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { definePart, type Architecture, type Network } from '../../core/index.js';
import { columnsNetwork } from './segnet/columns.js';
import { decoderColumns } from './segnet/decoder.js';
import { encoderColumns, type Join } from './segnet/encoder.js';
import { segNetSettings, type SegNetSettings } from './segnet/settings.js';

/**
 * Dense (the baseline of Liu et al. 2019, after Huang et al. 2017): a shared SegNet and one per task, whose every stage
 * but the first takes the task's map and the shared one of the same place. The shared decoder's last stage is left out: nothing
 * would read it.
 */
export const dense = definePart({
  description: 'A shared SegNet and one per task that is fed all of the shared one’s maps (Dense).',
  options: z.strictObject({}),
  create: (): Architecture => ({
    build: (context): Network =>
      denseNetwork({ ...segNetSettings('dense', context), distribution: 'uniform' }),
  }),
});

/** The shared map stays; the tasks' maps are joined with it. */
const withShared =
  (prefixes: readonly string[], suffix: string): Join =>
  ([shared, ...own], level) => [
    shared!,
    ...own.map((map, task) => {
      const name = `${prefixes[task + 1]!}stage${level}.${suffix}`;
      return tf.layers.concatenate({ name }).apply([map, shared!]) as tf.SymbolicTensor;
    }),
  ];

function denseNetwork(settings: SegNetSettings): Network {
  const { tasks, stages, size } = settings;
  const prefixes = ['', ...tasks.map(({ name }) => `${name}.`)];
  const join = withShared(prefixes, 'concat');
  const encoders = encoderColumns({ size, stages, prefixes, join });
  const decoders = decoderColumns({
    stages,
    encoders: encoders.columns,
    prefixes,
    joinUnpooled: join,
    unfinished: 1,
  });
  const lasts = decoders.columns.slice(1).map((column) => column.lasts.at(-1)!);
  const own = tasks.map((_, task) => task + 1);
  return columnsNetwork(settings, { encoders, decoders, own, lasts });
}
