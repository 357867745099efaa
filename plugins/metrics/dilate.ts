import type { Size } from '../../core/index.js';

/**
 * The largest value in the square of 2 · radius + 1 pixels around each pixel, as far as it lies in the map.
 * @param values one per pixel, row by row
 */
export function dilate(values: Float32Array, { height, width }: Size, radius: number): Float32Array {
  if (radius === 0) return values;
  // A square's maximum is the maximum of its rows' maxima.
  const rows = new Float32Array(values.length);
  const squares = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let most = -Infinity;
      const end = Math.min(width - 1, x + radius);
      for (let at = Math.max(0, x - radius); at <= end; at++) most = Math.max(most, values[y * width + at]!);
      rows[y * width + x] = most;
    }
  }
  for (let y = 0; y < height; y++) {
    const end = Math.min(height - 1, y + radius);
    for (let x = 0; x < width; x++) {
      let most = -Infinity;
      for (let at = Math.max(0, y - radius); at <= end; at++) most = Math.max(most, rows[at * width + x]!);
      squares[y * width + x] = most;
    }
  }
  return squares;
}
