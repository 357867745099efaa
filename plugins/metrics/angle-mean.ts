import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { forEachAngle } from './angles.js';
import { nothingSeen } from './rasters.js';

const options = z.strictObject({});

/** The mean angle between predicted and labelled directions over all labelled pixels of the set, in degrees. */
export const angleMean = definePart<Metric, typeof options>({
  description: 'Mean angle between directions, in degrees.',
  options,
  create: () => new AngleMean('angleMean', false, (degrees) => degrees),
});

/** A mean of something of the angles, which are in degrees. */
export class AngleMean implements Metric {
  private sum = 0;
  private count = 0;

  constructor(
    readonly name: string,
    readonly higherIsBetter: boolean,
    private readonly each: (degrees: number) => number,
  ) {}

  reset(): void {
    this.sum = 0;
    this.count = 0;
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    forEachAngle(this.name, { prediction, target, mask }, (degrees) => {
      this.sum += this.each(degrees);
      this.count += 1;
    });
  }

  get taken(): readonly number[] {
    return [this.sum, this.count];
  }

  merge([sum = 0, count = 0]: readonly number[]): void {
    this.sum += sum;
    this.count += count;
  }

  compute(): number {
    if (this.count === 0) throw nothingSeen(this.name);
    return this.sum / this.count;
  }
}
