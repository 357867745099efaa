import { badValue, type Raster } from '../../core/index.js';
import { checkRasters } from './rasters.js';

/**
 * Calls for each labelled pixel with the angle between prediction and target, in degrees, 0–180. Neither needs to be
 * of length 1. A prediction of length 0 has no direction and counts as 90° off.
 * @throws MtlError `SHAPE_MISMATCH` where the rasters do not fit together, or are no vectors of three numbers.
 */
export function forEachAngle(
  metric: string,
  { prediction, target, mask }: { prediction: Raster; target: Raster; mask: Uint8Array },
  visit: (degrees: number) => void,
): void {
  checkRasters(metric, prediction, target, mask);
  if (target.channels !== 3) {
    throw badValue('SHAPE_MISMATCH', {
      what: `the target for ${metric}`,
      expected: 'a vector of 3 numbers per pixel',
      found: `${target.channels} channels`,
    });
  }
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if (mask[pixel] !== 0) visit(angle(prediction.data, target.data, 3 * pixel));
  }
}

/** atan2(‖a × b‖, ⟨a, b⟩): exact for small angles too, where the arc cosine is not. */
function angle(a: Raster['data'], b: Raster['data'], at: number): number {
  const [ax, ay, az] = [a[at]!, a[at + 1]!, a[at + 2]!];
  const [bx, by, bz] = [b[at]!, b[at + 1]!, b[at + 2]!];
  if (ax === 0 && ay === 0 && az === 0) return 90;
  const across = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
  return (Math.atan2(across, ax * bx + ay * by + az * bz) * 180) / Math.PI;
}
