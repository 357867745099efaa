import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({
  floor: z.number().positive().default(1e-3).describe('Predictions below it count as it.'),
});

/** √(mean (ln p − ln y)²) (Eigen et al. 2014). Targets are above 0 where they are labelled. */
export const rmseLog = definePart<Metric, typeof options>({
  description: 'Root mean squared error of natural logarithms.',
  options,
  create: ({ floor }) =>
    new LabelledMean({
      name: 'rmseLog',
      higherIsBetter: false,
      each: (prediction, target) => Math.log(Math.max(prediction, floor) / target) ** 2,
      finish: Math.sqrt,
    }),
});
