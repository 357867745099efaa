import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({});

/** The share of labelled images whose class is right: `pixelAccuracy` of labels that are one pixel large. */
export const accuracy = definePart<Metric, typeof options>({
  description: 'Share of images with the right class.',
  options,
  create: () =>
    new LabelledMean({
      name: 'accuracy',
      higherIsBetter: true,
      each: (prediction, target) => (prediction === target ? 1 : 0),
    }),
});
