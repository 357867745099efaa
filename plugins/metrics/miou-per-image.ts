import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { nothingSeen } from './rasters.js';

const options = z.strictObject({ classes: z.int().positive().describe('Number of classes.') });

/**
 * Mean IoU as MTAN (Liu et al. 2019) and those who compare with it report it: per image the mean over the classes
 * in its targets or predictions, then the mean over images. An image without a labelled pixel does not count.
 * It is not comparable with `miou`: a small class weighs more wherever it is present, and nothing where it is not.
 */
export const miouPerImage = definePart<Metric, typeof options>({
  description: 'Mean IoU of each image, averaged over images (the MTAN convention).',
  options,
  create: ({ classes }) => new MeanIouPerImage(classes),
});

class MeanIouPerImage implements Metric {
  readonly name = 'miou.perImage';
  readonly higherIsBetter = true;
  private readonly matrix: ConfusionMatrix;
  private sum = 0;
  private images = 0;

  constructor(classes: number) {
    this.matrix = new ConfusionMatrix(this.name, classes);
  }

  reset(): void {
    this.sum = 0;
    this.images = 0;
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    this.matrix.reset();
    this.matrix.update(prediction, target, mask);
    const value = this.matrix.meanIou();
    if (value === undefined) return;
    this.sum += value;
    this.images++;
  }

  get taken(): readonly number[] {
    return [this.sum, this.images];
  }

  merge([sum = 0, images = 0]: readonly number[]): void {
    this.sum += sum;
    this.images += images;
  }

  compute(): number {
    if (this.images === 0) throw nothingSeen(this.name);
    return this.sum / this.images;
  }
}
