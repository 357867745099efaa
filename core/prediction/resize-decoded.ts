import type { DecodedInfo, Raster, Size } from '../contracts/index.js';
import { resizeBilinear, resizeNearest } from '../data/index.js';

/**
 * A decoded prediction in another size: ids by the nearest pixel, numbers bilinearly, directions bilinearly and made units
 * again; itself where it has that size.
 * @param info what the task says of it, see `Task.decoded`
 */
export function resizeDecoded(raster: Raster, size: Size, info: DecodedInfo | undefined): Raster {
  if (raster.height === size.height && raster.width === size.width) return raster;
  if (isIds(raster, info)) return resizeNearest(raster, size);
  const resized = resizeBilinear(raster, size);
  return info?.kind === 'directions' ? units(resized) : resized;
}

/** Whether the numbers name things, so that there is nothing between two of them. */
export function isIds({ data }: Raster, info: DecodedInfo | undefined): boolean {
  return info ? info.kind === 'classes' || info.kind === 'imageClass' : data instanceof Int32Array;
}

function units(raster: Raster): Raster {
  const data = Float32Array.from(raster.data);
  for (let at = 0; at < data.length; at += 3) {
    const length = Math.hypot(data[at]!, data[at + 1]!, data[at + 2]!);
    // Opposite directions have no mean.
    for (let axis = at; length > 0 && axis < at + 3; axis++) data[axis]! /= length;
  }
  return { ...raster, data };
}
