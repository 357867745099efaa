import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({});

/** √(mean (p − y)²), in the target's unit. */
export const rmse = definePart<Metric, typeof options>({
  description: 'Root mean squared error.',
  options,
  create: () =>
    new LabelledMean({
      name: 'rmse',
      higherIsBetter: false,
      each: (prediction, target) => (prediction - target) ** 2,
      finish: Math.sqrt,
    }),
});
