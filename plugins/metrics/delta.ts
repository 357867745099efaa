import { z } from 'zod';
import { definePart, type Metric, type PartDefinition } from '../../core/index.js';
import { LabelledMean } from './labelled-mean.js';

const options = z.strictObject({});

/**
 * The share of labelled pixels with max(p/y, y/p) < 1.25^k (Ladický et al. 2014; Eigen et al. 2014). Targets are
 * above 0 where they are labelled; a prediction that is not is never within.
 */
function delta(k: number): PartDefinition<Metric> {
  const limit = 1.25 ** k;
  return definePart<Metric, typeof options>({
    description: `Share of pixels within a factor of 1.25^${k} of the target.`,
    options,
    create: () =>
      new LabelledMean({
        name: `delta${k}`,
        higherIsBetter: true,
        // Multiplied out, a prediction of 0 or less needs no case of its own.
        each: (prediction, target) => (prediction < limit * target && target < limit * prediction ? 1 : 0),
      }),
  });
}

export const delta1 = delta(1);
export const delta2 = delta(2);
export const delta3 = delta(3);
