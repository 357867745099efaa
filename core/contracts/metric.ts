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
   * The value over all that was taken in since the last reset.
   * @throws MtlError `METRIC_EMPTY` where no labelled pixel was seen.
   */
  compute(): number;
}
