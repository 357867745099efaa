import type { Raster, Size } from '../contracts/index.js';

/** A part of a raster, in pixels; must lie inside it. */
export interface Box extends Size {
  readonly top: number;
  readonly left: number;
}

type Pixels = Raster['data'];

/**
 * Resizes (a part of) a raster; every pixel takes the value of the source pixel that its centre falls into, so
 * that class ids and invalid values are never mixed. PyTorch's `nearest-exact`.
 * @param box the part to take; the whole where absent
 */
export function resizeNearest<T extends Pixels>(
  raster: Raster<T>,
  { height, width }: Size,
  box: Box = whole(raster),
): Raster<T> {
  const { channels, data } = raster;
  const out = allocate(data, height * width * channels);
  const columns = nearestSources(width, box.left, box.width).map((column) => column * channels);
  const rows = nearestSources(height, box.top, box.height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = rows[y]! * raster.width * channels;
    for (let x = 0; x < width; x++) {
      const from = row + columns[x]!;
      for (let channel = 0; channel < channels; channel++) out[at++] = data[from + channel]!;
    }
  }
  return { height, width, channels, data: out };
}

/**
 * Resizes (a part of) a raster bilinearly with half-pixel centres: output pixel i lies at (i + ½)·from/to − ½ in
 * the source, clamped to the part's edge. PyTorch's `bilinear` with align_corners = false, without anti-aliasing,
 * so for magnifying. Whole-number data is rounded to the nearest.
 * @param box the part to take; the whole where absent
 */
export function resizeBilinear<T extends Pixels>(
  raster: Raster<T>,
  { height, width }: Size,
  box: Box = whole(raster),
): Raster<T> {
  const { channels, data } = raster;
  const out = allocate(data, height * width * channels);
  const isWhole = !(out instanceof Float32Array);
  const columns = bilinearSources(width, box.left, box.width);
  const rows = bilinearSources(height, box.top, box.height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const upper = rows.low[y]! * raster.width;
    const lower = rows.high[y]! * raster.width;
    const down = rows.fraction[y]!;
    for (let x = 0; x < width; x++) {
      const left = columns.low[x]!;
      const right = columns.high[x]!;
      const across = columns.fraction[x]!;
      for (let channel = 0; channel < channels; channel++) {
        const a = data[(upper + left) * channels + channel]!;
        const b = data[(upper + right) * channels + channel]!;
        const c = data[(lower + left) * channels + channel]!;
        const d = data[(lower + right) * channels + channel]!;
        const top = a + (b - a) * across;
        const value = top + (c + (d - c) * across - top) * down;
        out[at++] = isWhole ? Math.round(value) : value;
      }
    }
  }
  return { height, width, channels, data: out };
}

/** A size of the same shape, its longer side at most `side`. */
export function within({ height, width }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(height, width));
  return { height: Math.max(1, Math.round(height * scale)), width: Math.max(1, Math.round(width * scale)) };
}

function whole({ height, width }: Size): Box {
  return { top: 0, left: 0, height, width };
}

/** A new array of the same type. */
export function allocate<T extends Pixels>(like: T, length: number): T {
  return new (like.constructor as new (length: number) => T)(length);
}

/** For each of `to` pixels the source pixel that its centre falls into, of `from` pixels that begin at `start`. */
function nearestSources(to: number, start: number, from: number): Uint32Array {
  return Uint32Array.from({ length: to }, (_, index) => start + Math.floor(((index + 0.5) * from) / to));
}

/** For each of `to` pixels its two source pixels and the share of the second. */
function bilinearSources(
  to: number,
  start: number,
  from: number,
): { readonly low: Uint32Array; readonly high: Uint32Array; readonly fraction: Float64Array } {
  const low = new Uint32Array(to);
  const high = new Uint32Array(to);
  const fraction = new Float64Array(to);
  for (let index = 0; index < to; index++) {
    const position = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
    const floor = Math.floor(position);
    low[index] = start + floor;
    high[index] = start + Math.min(floor + 1, from - 1);
    fraction[index] = position - floor;
  }
  return { low, high, fraction };
}
