import type { Metric, Raster } from '../../core/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { nothingSeen } from './rasters.js';

/** A metric of one confusion matrix over the whole set; the higher the better. */
export class MatrixMetric implements Metric {
  readonly higherIsBetter = true;
  private readonly matrix: ConfusionMatrix;

  /** @param of the metric of a matrix; undefined where nothing was seen that it could be made of */
  constructor(
    readonly name: string,
    classes: number,
    private readonly of: (matrix: ConfusionMatrix) => number | undefined,
  ) {
    this.matrix = new ConfusionMatrix(name, classes);
  }

  reset(): void {
    this.matrix.reset();
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    this.matrix.update(prediction, target, mask);
  }

  get taken(): readonly number[] {
    return this.matrix.taken;
  }

  merge(taken: readonly number[]): void {
    this.matrix.merge(taken);
  }

  compute(): number {
    const value = this.of(this.matrix);
    if (value === undefined) throw nothingSeen(this.name);
    return value;
  }
}
