import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({});

/** mean |p − y| / y, a ratio, not percent (Eigen et al. 2014). Targets are above 0 where they are labelled. */
export const relative = definePart<Metric, typeof options>({
  description: 'Mean absolute error relative to the target.',
  options,
  create: () =>
    new LabelledMean({
      name: 'relative',
      higherIsBetter: false,
      each: (prediction, target) => Math.abs(prediction - target) / target,
    }),
});
