import { encodePng, type Raster, type Size } from '../../../../core/index.js';

/** @param values 0–255, row by row */
export function grey8Png({ height, width }: Size, values: ArrayLike<number>): Promise<Buffer> {
  return encodePng({ height, width, channels: 1, data: Uint8Array.from(values) });
}

/** @param values 0–65535, row by row */
export function grey16Png({ height, width }: Size, values: ArrayLike<number>): Promise<Buffer> {
  return encodePng({ height, width, channels: 1, data: Uint16Array.from(values) });
}

/** Positive values as 1–65535 by the nearest multiple of `step`, others as 0. */
export function steps(map: Raster, step: number): Uint16Array {
  return Uint16Array.from(map.data, (value) =>
    value > 0 ? Math.min(Math.max(Math.round(value / step), 1), 65535) : 0,
  );
}
