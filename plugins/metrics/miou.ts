import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { MatrixMetric } from './matrix-metric.js';

const options = z.strictObject({ classes: z.int().positive().describe('Number of classes.') });

/**
 * Mean intersection over union from one confusion matrix of the whole set (Everingham et al. 2015). Classes that
 * are neither in the targets nor in the predictions of the whole set are left out of the mean.
 */
export const miou = definePart<Metric, typeof options>({
  description: 'Mean IoU of the whole set.',
  options,
  create: ({ classes }) => new MatrixMetric('miou', classes, (matrix) => matrix.meanIou()),
});
