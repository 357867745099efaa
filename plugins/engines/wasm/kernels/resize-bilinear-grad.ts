import type * as tf from '@tensorflow/tfjs';
import { floats, input, wasmKernel, zeros } from './heap.js';

/**
 * The gradient of a bilinear resize with half-pixel centres (the backend's own takes them for left edges),
 * one axis after the other: rows first, into as many rows as the input has, then columns.
 * The interpolation is separable, and so is its transpose.
 */
export const halfPixelBilinearGrad = wasmKernel('ResizeBilinearGrad', (inputs) => {
  const images = input<tf.Rank.R4>(inputs, 'images');
  const dy = input<tf.Rank.R4>(inputs, 'dy');
  const [batch, height, width, channels] = images.shape;
  const [, outputHeight, outputWidth] = dy.shape;
  const rows = interpolation(height, outputHeight);
  const columns = interpolation(width, outputWidth);
  const dx = zeros(images.shape);
  const [upper, target] = [floats(dy), floats(dx)];
  const line = outputWidth * channels;
  const sums = new Float32Array(height * line);
  for (let image = 0; image < batch; image++) {
    sums.fill(0);
    rows.forEach(({ lower, higher, weight }, row) => {
      share(upper, (image * outputHeight + row) * line, sums, lower * line, higher * line, weight, line);
    });
    for (let row = 0; row < height; row++) {
      const start = (image * height + row) * width;
      columns.forEach(({ lower, higher, weight }, column) => {
        const from = row * line + column * channels;
        share(sums, from, target, (start + lower) * channels, (start + higher) * channels, weight, channels);
      });
    }
  }
  return dx;
});

/** An output lies between two inputs: `(1 − weight) · lower + weight · higher`. */
interface Between {
  readonly lower: number;
  readonly higher: number;
  readonly weight: number;
}

function interpolation(input: number, output: number): Between[] {
  return Array.from({ length: output }, (_, index) => {
    const centre = ((index + 0.5) * input) / output - 0.5;
    const place = Math.min(input - 1, Math.max(0, centre));
    const lower = Math.floor(place);
    return { lower, higher: Math.min(input - 1, lower + 1), weight: place - lower };
  });
}

/** Adds `count` values to two places, divided by the weight. */
function share(
  source: Float32Array,
  from: number,
  target: Float32Array,
  lower: number,
  higher: number,
  weight: number,
  count: number,
): void {
  const rest = 1 - weight;
  for (let i = 0; i < count; i++) {
    const value = source[from + i] as number;
    target[lower + i] = (target[lower + i] as number) + rest * value;
    target[higher + i] = (target[higher + i] as number) + weight * value;
  }
}
