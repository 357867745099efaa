import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({
  floor: z.number().positive().default(1e-3).describe('Predictions below it count as it.'),
});

/** √(mean (1/p − 1/y)²), in 1/m for metres (Uhrig et al. 2017). Targets are above 0 where they are labelled. */
export const irmse = definePart<Metric, typeof options>({
  description: 'Root mean squared error of inverse values.',
  options,
  create: ({ floor }) =>
    new LabelledMean({
      name: 'irmse',
      higherIsBetter: false,
      each: (prediction, target) => (1 / Math.max(prediction, floor) - 1 / target) ** 2,
      finish: Math.sqrt,
    }),
});
