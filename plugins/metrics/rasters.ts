import { badValue, show, type MtlError, type Raster } from '../../core/index.js';

/** @throws MtlError `SHAPE_MISMATCH` where the prediction, the target and the mask are not of one size. */
export function checkRasters(metric: string, prediction: Raster, target: Raster, mask: Uint8Array): void {
  const shape = ({ height, width, channels }: Raster): number[] => [height, width, channels];
  const expected = show(shape(target));
  const found = show(shape(prediction));
  if (found !== expected) {
    throw badValue('SHAPE_MISMATCH', {
      what: `the prediction for ${metric}`,
      expected: `the target's height, width and channels ${expected}`,
      found,
    });
  }
  if (mask.length !== target.height * target.width) {
    throw badValue('SHAPE_MISMATCH', {
      what: `the mask for ${metric}`,
      expected: `a number per pixel, ${target.height * target.width}`,
      found: show(mask.length),
    });
  }
}

/** Whether a prediction of one channel is no number at a labelled pixel: what a diverged model gives must not be scored. */
export function hasNaN({ data }: Raster, mask: Uint8Array): boolean {
  return mask.some((valid, pixel) => valid !== 0 && Number.isNaN(data[pixel]));
}

/** What `compute` throws where no labelled pixel was taken in, or not what it needs at least. */
export function nothingSeen(metric: string, least = 'one labelled pixel'): MtlError {
  return badValue('METRIC_EMPTY', {
    what: metric,
    expected: `at least ${least}`,
    found: 'none',
    fix: 'check that this split has labels for the task',
  });
}

/** Adds counts to others, place by place. @returns the sum of what was added */
export function addTo(counts: Float64Array, added: readonly number[]): number {
  let sum = 0;
  added.forEach((value, index) => {
    counts[index]! += value;
    sum += value;
  });
  return sum;
}
