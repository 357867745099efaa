import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { nothingSeen } from './rasters.js';

const options = z.strictObject({ classes: z.int().positive().describe('Number of classes.') });

/**
 * Mean intersection over union from one confusion matrix of the whole set (Everingham et al. 2015). Classes that
 * are neither in the targets nor in the predictions of the whole set are left out of the mean.
 */
export const miou = definePart<Metric, typeof options>({
  description: 'Mean IoU of the whole set.',
  options,
  create: ({ classes }) => new MeanIou(classes),
});

class MeanIou implements Metric {
  readonly name = 'miou';
  readonly higherIsBetter = true;
  private readonly matrix: ConfusionMatrix;

  constructor(classes: number) {
    this.matrix = new ConfusionMatrix(this.name, classes);
  }

  reset(): void {
    this.matrix.reset();
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    this.matrix.update(prediction, target, mask);
  }

  compute(): number {
    const value = this.matrix.meanIou();
    if (value === undefined) throw nothingSeen(this.name);
    return value;
  }
}
