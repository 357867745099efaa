import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({});

/** mean |p − y|, in the target's unit. */
export const absolute = definePart<Metric, typeof options>({
  description: 'Mean absolute error.',
  options,
  create: () =>
    new LabelledMean({
      name: 'absolute',
      higherIsBetter: false,
      each: (prediction, target) => Math.abs(prediction - target),
    }),
});
