import { z } from 'zod';
import { definePart, type Architecture, type Network } from '../../core/index.js';
import { formFor, formOptions } from './forms.js';
import { stitchedEncoders } from './resnet/stitched.js';
import { stitchedSegNets } from './segnet/stitched.js';

const options = formOptions.extend({
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
 * Cross-stitch networks (Misra et al. 2016, https://arxiv.org/abs/1604.03539): a network per task, between whose stages trained
 * weights mix the tasks' maps. `sum` as in the comparison of Liu et al. 2019: every task is fed the same Σ_j w_j x_j, w starting
 * at 1.
 */
export const crossStitch = definePart({
  description: 'A SegNet or ResNet per task, with cross-stitch units that mix their maps between the stages.',
  options,
  create: ({ unit, own, other, ...rest }): Architecture => {
    const units = { unit, own: unit === 'sum' ? 1 : own, other };
    return {
      build: (context): Network =>
        formFor(
          {
            name: 'cross-stitch',
            segNet: (settings) => stitchedSegNets(settings, units),
            resNet: (settings) => stitchedEncoders(settings, units),
          },
          context,
          rest,
        ),
    };
  },
});
