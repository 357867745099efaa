import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { forEachAngle } from './angles.js';
import { addTo, nothingSeen } from './rasters.js';

const options = z.strictObject({});

const binsPerDegree = 200;

/**
 * The median angle between predicted and labelled directions over all labelled pixels of the set, in degrees: of an
 * even number of pixels, the mean of the two in the middle.
 *
 * Pixels are not kept but counted in bins of 0.005°. The median is the mean of its bin, so that it is exact where the
 * bin holds one value, and off by less than 0.005° everywhere.
 */
export const angleMedian = definePart<Metric, typeof options>({
  description: 'Median angle between directions, in degrees.',
  options,
  create: () => new AngleMedian(),
});

class AngleMedian implements Metric {
  readonly name = 'angleMedian';
  readonly higherIsBetter = false;
  private readonly counts = new Float64Array(180 * binsPerDegree + 1);
  private readonly sums = new Float64Array(180 * binsPerDegree + 1);
  private count = 0;

  reset(): void {
    this.counts.fill(0);
    this.sums.fill(0);
    this.count = 0;
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    forEachAngle(this.name, { prediction, target, mask }, (degrees) => {
      const bin = Math.floor(degrees * binsPerDegree);
      this.counts[bin]! += 1;
      this.sums[bin]! += degrees;
      this.count += 1;
    });
  }

  get taken(): readonly number[] {
    return [...this.counts, ...this.sums];
  }

  merge(taken: readonly number[]): void {
    const { counts, sums } = this;
    this.count += addTo(counts, taken.slice(0, counts.length));
    addTo(sums, taken.slice(counts.length));
  }

  compute(): number {
    const { count } = this;
    if (count === 0) throw nothingSeen(this.name);
    return (this.ranked((count - 1) >> 1) + this.ranked(count >> 1)) / 2;
  }

  /** The mean of the bin that holds the angle number `rank` from below, from 0 on. */
  private ranked(rank: number): number {
    let below = 0;
    const bin = this.counts.findIndex((here) => (below += here) > rank);
    return this.sums[bin]! / this.counts[bin]!;
  }
}
