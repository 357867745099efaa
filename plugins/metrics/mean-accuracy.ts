import { z } from 'zod';
import { definePart, type Metric } from '../../core/index.js';
import { MatrixMetric } from './matrix-metric.js';

const options = z.strictObject({ classes: z.int().positive().describe('Number of classes.') });

/**
 * The mean over classes of the share of each class's images (or pixels) that are taken for it: every class counts the
 * same, however rare. Classes that the set has none of are left out.
 */
export const meanAccuracy = definePart<Metric, typeof options>({
  description: 'Share of each class that is right, averaged over classes.',
  options,
  create: ({ classes }) => new MatrixMetric('meanAccuracy', classes, (matrix) => matrix.meanRecall()),
});
