import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { addTo, checkRasters, hasNaN, nothingSeen } from './rasters.js';

const options = z.strictObject({});

/** Probabilities are told apart in steps of 1/10,000. */
const steps = 10_000;

/**
 * Average precision of probabilities for labels of 0 and 1: Σ_k (R_k − R_{k−1}) P_k over falling thresholds, without
 * interpolation, over all labelled pixels of the set and without a tolerance in place. Probabilities are not kept but
 * counted in 10,001 bins; those in one bin count as equal. NaN where a probability is.
 */
export const averagePrecision = definePart<Metric, typeof options>({
  description: 'Area under the curve of precision over recall, pixel by pixel.',
  options,
  create: () => new AveragePrecision(),
});

class AveragePrecision implements Metric {
  readonly name = 'averagePrecision';
  readonly higherIsBetter = true;
  private readonly all = new Float64Array(steps + 1);
  private readonly positive = new Float64Array(steps + 1);
  private seenNaN = false;

  reset(): void {
    this.all.fill(0);
    this.positive.fill(0);
    this.seenNaN = false;
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    checkRasters(this.name, prediction, target, mask);
    this.seenNaN ||= hasNaN(prediction, mask);
    for (let pixel = 0; pixel < mask.length; pixel++) {
      if (mask[pixel] === 0) continue;
      const bin = Math.floor(Math.min(1, Math.max(0, prediction.data[pixel]!)) * steps);
      this.all[bin]! += 1;
      if (target.data[pixel]! > 0) this.positive[bin]! += 1;
    }
  }

  get taken(): readonly number[] {
    return [Number(this.seenNaN), ...this.all, ...this.positive];
  }

  merge([seenNaN, ...counts]: readonly number[]): void {
    this.seenNaN ||= seenNaN === 1;
    addTo(this.all, counts.slice(0, steps + 1));
    addTo(this.positive, counts.slice(steps + 1));
  }

  compute(): number {
    const positives = this.positive.reduce((sum, count) => sum + count, 0);
    if (positives === 0) throw nothingSeen(this.name, 'one labelled pixel of 1');
    if (this.seenNaN) return NaN;
    let [sum, all, right] = [0, 0, 0];
    for (let bin = steps; bin >= 0; bin--) {
      all += this.all[bin]!;
      right += this.positive[bin]!;
      // Where nothing is added, recall does not change.
      if (this.positive[bin]! > 0) sum += (this.positive[bin]! / positives) * (right / all);
    }
    return sum;
  }
}
