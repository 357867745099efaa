import type { Raster, RgbImage } from '../contracts/index.js';

/** From black over violet and orange to pale yellow: as light as the value is high, to colour-blind eyes, too. */
const anchors = [
  [8, 6, 20],
  [66, 16, 104],
  [147, 38, 103],
  [221, 81, 58],
  [252, 165, 10],
  [252, 255, 164],
] as const;

/** What has no label. */
const unknown = [118, 122, 130] as const;
const right = [24, 32, 52] as const;
const wrong = [255, 106, 84] as const;

/** The map as a CSS gradient, for a legend. */
export const heatGradient = `linear-gradient(to right, ${anchors.map(css).join(', ')})`;

/** Colours of what is right, wrong and unknown, for a legend. */
export const mistakeColors = { right: css(right), wrong: css(wrong), unknown: css(unknown) };

/**
 * Numbers as colours.
 * @param high shown as the brightest colour, as all above it
 * @param mask 0 = nothing known there
 */
export function heatMap(values: Raster, high: number, mask?: Uint8Array): RgbImage {
  return painted(values, (pixel) =>
    mask?.[pixel] === 0 ? unknown : heatColor(high > 0 ? values.data[pixel]! / high : 0),
  );
}

/** What is wrong, right and unknown. */
export function mistakeMap(errors: Raster, mask: Uint8Array): RgbImage {
  return painted(errors, (pixel) => (mask[pixel] === 0 ? unknown : errors.data[pixel]! > 0 ? wrong : right));
}

type Color = readonly [number, number, number];

function painted({ height, width }: Raster, colorOf: (pixel: number) => Color): RgbImage {
  const data = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) data.set(colorOf(pixel), pixel * 3);
  return { height, width, channels: 3, data };
}

/** @param share 0–1; values outside get the end's colour */
function heatColor(share: number): Color {
  const place = Math.min(1, Math.max(0, Number.isNaN(share) ? 1 : share)) * (anchors.length - 1);
  const index = Math.min(anchors.length - 2, Math.floor(place));
  const [from, to] = [anchors[index]!, anchors[index + 1]!];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - index));
  return [mix(0), mix(1), mix(2)];
}

function css([red, green, blue]: Color): string {
  return `rgb(${red}, ${green}, ${blue})`;
}
