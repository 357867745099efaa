import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { nothingSeen } from './rasters.js';

const options = z.strictObject({ classes: z.int().positive().describe('Number of classes.') });

/**
 * The mean over classes of the share of each class's images (or pixels) that are taken for it: every class counts the
 * same, however rare. Classes that the set has none of are left out.
 */
export const meanAccuracy = definePart<Metric, typeof options>({
  description: 'Share of each class that is right, averaged over classes.',
  options,
  create: ({ classes }) => new MeanAccuracy(classes),
});

class MeanAccuracy implements Metric {
  readonly name = 'meanAccuracy';
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
    const value = this.matrix.meanRecall();
    if (value === undefined) throw nothingSeen(this.name);
    return value;
  }
}
