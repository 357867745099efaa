import type { Raster, RgbImage } from '../contracts/index.js';

/** Black over dark red, red and orange to light yellow: what glows disagrees. RGB, 0–255. */
export const heatAnchors = [
  [0, 0, 0],
  [87, 16, 20],
  [187, 40, 24],
  [243, 120, 25],
  [255, 236, 150],
] as const;

/**
 * Amounts as a heat map, black for 0 to light yellow for `most` and above, and for what is no number.
 * @param raster one channel
 */
export function heatMap({ height, width, data: values }: Raster, most: number): RgbImage {
  const data = new Uint8Array(height * width * 3);
  values.forEach((value, pixel) => {
    const share = Number.isNaN(value) ? 1 : Math.min(1, Math.max(0, value / most));
    const place = share * (heatAnchors.length - 1);
    const index = Math.min(heatAnchors.length - 2, Math.floor(place));
    const [from, to] = [heatAnchors[index]!, heatAnchors[index + 1]!];
    for (let channel = 0; channel < 3; channel++) {
      data[3 * pixel + channel] = Math.round(
        from[channel]! + (to[channel]! - from[channel]!) * (place - index),
      );
    }
  });
  return { height, width, channels: 3, data };
}
