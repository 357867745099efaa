import type { Raster, RgbImage, Size } from '../../../../core/index.js';
import { sharp } from '../sharp.js';

export function rgbPng({ height, width, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { height, width, channels: 3 } })
    .toColourspace('srgb')
    .png({ adaptiveFiltering: true })
    .toBuffer();
}

/** @param values 0–255, row by row */
export function grey8Png({ height, width }: Size, values: ArrayLike<number>): Promise<Buffer> {
  return sharp(Uint8Array.from(values), { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png({ adaptiveFiltering: true })
    .toBuffer();
}

/** @param values 0–65535, row by row */
export function grey16Png({ height, width }: Size, values: ArrayLike<number>): Promise<Buffer> {
  return sharp(Uint16Array.from(values), { raw: { height, width, channels: 1 } })
    .toColourspace('grey16')
    .png({ adaptiveFiltering: true })
    .toBuffer();
}

/** Positive values as 1–65535 by the nearest multiple of `step`, others as 0. */
export function steps(map: Raster, step: number): Uint16Array {
  return Uint16Array.from(map.data, (value) =>
    value > 0 ? Math.min(Math.max(Math.round(value / step), 1), 65535) : 0,
  );
}
