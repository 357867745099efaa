import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({
  peak: z.number().positive().default(1).describe('The largest value that a target can have.'),
});

/** A mean squared error of less, relative to the peak's square, counts as this: 100 dB. */
const leastError = 1e-10;

/**
 * Peak signal-to-noise ratio 10 log₁₀(peak²/MSE), in dB, with the mean squared error over all labelled values of the
 * set (not the mean of each image's ratio). At most 100 dB, so that a perfect prediction has a finite one.
 */
export const psnr = definePart<Metric, typeof options>({
  description: 'Peak signal-to-noise ratio over the whole set, in dB.',
  options,
  create: ({ peak }) =>
    new LabelledMean({
      name: 'psnr',
      higherIsBetter: true,
      each: (prediction, target) => ((prediction - target) / peak) ** 2,
      finish: (error) => -10 * Math.log10(Math.max(error, leastError)),
    }),
});
