import type { Network } from '../../../core/index.js';
import { stitch, type StitchUnitArgs } from '../common/stitch.js';
import { columnsNetwork } from './columns.js';
import { decoderColumns } from './decoder.js';
import { encoderColumns, type Join } from './encoder.js';
import type { SegNetSettings } from './settings.js';

/**
 * Cross-stitch networks on SegNet, as in the comparison of Liu et al. 2019: what the stages of the tasks' SegNets are fed, from the
 * encoders' second to the decoders' last, is mixed. Kernels start from a uniform distribution.
 *
 * Parts: `encoder`, `decoder`, `head.TASK`.
 */
export function stitchedSegNets(settings: SegNetSettings, unit: StitchUnitArgs): Network {
  const { tasks, stages, size } = settings;
  const prefixes = tasks.map(({ name }) => `${name}.`);
  const join: Join = (values, level) => stitch(values, { ...unit, name: `stitch${level}` });
  const encoders = encoderColumns({ size, stages, prefixes, join });
  const decoders = decoderColumns({ stages, encoders: encoders.columns, prefixes, join });
  const lasts = decoders.columns.map((column) => column.lasts.at(-1)!);
  return columnsNetwork(
    { ...settings, distribution: 'uniform' },
    { encoders, decoders, own: [...tasks.keys()], lasts },
  );
}
