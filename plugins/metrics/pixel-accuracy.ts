import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({});

/** The share of labelled pixels whose class is right. */
export const pixelAccuracy = definePart<Metric, typeof options>({
  description: 'Share of pixels with the right class.',
  options,
  create: () =>
    new LabelledMean({
      name: 'pixelAccuracy',
      higherIsBetter: true,
      each: (prediction, target) => (prediction === target ? 1 : 0),
    }),
});
