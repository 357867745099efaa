import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { checkRasters, nothingSeen } from './rasters.js';

const options = z.strictObject({});

/**
 * Coefficient of determination 1 − Σ(p − y)² / Σ(y − ȳ)² over all labelled values of the set: 1 is perfect, 0 as good
 * as their mean, below 0 worse. It needs targets that are not all the same.
 */
export const r2 = definePart<Metric, typeof options>({
  description: 'Coefficient of determination R².',
  options,
  create: () => new R2(),
});

class R2 implements Metric {
  readonly name = 'r2';
  readonly higherIsBetter = true;
  private count = 0;
  private mean = 0;
  /** Σ(y − ȳ)² so far, kept up by Welford's recurrence: a difference of large sums would lose it. */
  private total = 0;
  private residual = 0;

  reset(): void {
    this.count = this.mean = this.total = this.residual = 0;
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    checkRasters(this.name, prediction, target, mask);
    const { channels } = target;
    for (let index = 0; index < target.data.length; index++) {
      if (mask[Math.floor(index / channels)] === 0) continue;
      const value = target.data[index]!;
      const before = value - this.mean;
      this.count += 1;
      this.mean += before / this.count;
      this.total += before * (value - this.mean);
      this.residual += (prediction.data[index]! - value) ** 2;
    }
  }

  get taken(): readonly number[] {
    return [this.count, this.mean, this.total, this.residual];
  }

  /** Two parts' sums of squares about their own means, and what the means are apart (Chan et al. 1979). */
  merge([count = 0, mean = 0, total = 0, residual = 0]: readonly number[]): void {
    if (count === 0) return;
    const apart = mean - this.mean;
    const all = this.count + count;
    this.total += total + (apart ** 2 * this.count * count) / all;
    this.mean += (apart * count) / all;
    this.count = all;
    this.residual += residual;
  }

  compute(): number {
    if (this.total === 0) throw nothingSeen(this.name, 'two labelled values that differ');
    return 1 - this.residual / this.total;
  }
}
