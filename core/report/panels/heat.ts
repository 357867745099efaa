import type { Raster, RgbImage } from '../../contracts/index.js';
import { heatAnchors, heatMap } from '../../prediction/index.js';

/** What has no label. */
const unknown = [118, 122, 130] as const;
const right = [24, 32, 52] as const;
const wrong = [255, 106, 84] as const;

/** The map as a CSS gradient, for a legend. */
export const heatGradient = `linear-gradient(to right, ${heatAnchors.map(css).join(', ')})`;

/** Colours of what is right, wrong and unknown, for a legend. */
export const mistakeColors = { right: css(right), wrong: css(wrong), unknown: css(unknown) };

/**
 * Amounts as a heat map, where there are any.
 * @param most shown as the brightest colour, as all above it
 * @param mask 0 = nothing known there
 */
export function maskedHeatMap(values: Raster, most: number, mask: Uint8Array): RgbImage {
  const heat = heatMap(values, most > 0 ? most : 1);
  mask.forEach((known, pixel) => {
    if (!known) heat.data.set(unknown, pixel * 3);
  });
  return heat;
}

/** What is wrong, right and unknown. */
export function mistakeMap({ height, width, data: errors }: Raster, mask: Uint8Array): RgbImage {
  const data = new Uint8Array(height * width * 3);
  errors.forEach((error, pixel) =>
    data.set(mask[pixel] === 0 ? unknown : error > 0 ? wrong : right, pixel * 3),
  );
  return { height, width, channels: 3, data };
}

function css([red, green, blue]: readonly [number, number, number]): string {
  return `rgb(${red}, ${green}, ${blue})`;
}
