import type { Raster } from './raster.js';

/** One number that says how good predictions are: reset / update / compute. */
export interface Metric {
  /** Its key in results, e.g. `miou`. */
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** Forgets all that was taken in. */
  reset(): void;
  /**
   * Takes one image in.
   * @param prediction decoded by the task: class ids, metres, unit vectors …
   * @param target of the same shape
   * @param mask one number per pixel, 0 = no label there
   */
  update(prediction: Raster, target: Raster, mask: Uint8Array): void;
  /**
   * All that was taken in since the last reset, as numbers, in an order of its own; with `merge`, what lets each of several
   * ranks measure a part of a set. Without the two every rank measures all of it.
   */
  readonly taken?: readonly number[];
  /**
   * Takes in what another metric of the same kind and options has taken in, as if its images came next.
   * @param taken of the other one
   */
  merge?(taken: readonly number[]): void;
  /**
   * The value over all that was taken in since the last reset.
   * @throws MtlError `METRIC_EMPTY` where no labelled pixel was seen.
   */
  compute(): number;
}
