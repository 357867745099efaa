import type { Metric, Raster } from '../../core/index.js';
import { checkRasters, nothingSeen } from './rasters.js';

export interface LabelledMeanOptions {
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** What one value adds to the mean. */
  readonly each: (prediction: number, target: number) => number;
  /** From the mean to the metric, e.g. a root; none = the mean itself. */
  readonly finish?: (mean: number) => number;
}

/**
 * The mean of something over all labelled values of the set: every pixel counts the same, whichever image it is
 * in. Sums in double precision.
 */
export class LabelledMean implements Metric {
  readonly name: string;
  readonly higherIsBetter: boolean;
  private sum = 0;
  private count = 0;

  constructor(private readonly options: LabelledMeanOptions) {
    this.name = options.name;
    this.higherIsBetter = options.higherIsBetter;
  }

  reset(): void {
    this.sum = 0;
    this.count = 0;
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    checkRasters(this.name, prediction, target, mask);
    const { channels } = target;
    const { each } = this.options;
    let { sum, count } = this;
    for (let pixel = 0; pixel < mask.length; pixel++) {
      if (mask[pixel] === 0) continue;
      for (let index = pixel * channels; index < (pixel + 1) * channels; index++) {
        sum += each(prediction.data[index]!, target.data[index]!);
      }
      count += channels;
    }
    this.sum = sum;
    this.count = count;
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
    const mean = this.sum / this.count;
    return this.options.finish?.(mean) ?? mean;
  }
}
