/** Where one tile lies along an axis, and how much its prediction counts there. */
export interface TileSpan {
  readonly start: number;
  /** For each of the tile's pixels, 0–1; over all tiles they add up to 1 at every pixel of the picture. */
  readonly weights: Float32Array;
}

/**
 * Tiles of one length that cover an axis, evenly spread. Where neighbours overlap, one's weight falls linearly as the
 * other's rises, so that no tile's border shows.
 * @param length pixels of the picture, at least `tile`
 * @param overlap share of a tile, 0–0.5, that neighbours have in common at least
 */
export function tileSpans(length: number, tile: number, overlap: number): readonly TileSpan[] {
  const step = Math.max(1, Math.floor(tile * (1 - overlap)));
  const count = 1 + Math.ceil((length - tile) / step);
  const starts = Array.from({ length: count }, (_, index) =>
    count === 1 ? 0 : Math.round((index * (length - tile)) / (count - 1)),
  );
  const ramps = starts.map((start, index) => {
    const before = index === 0 ? 0 : starts[index - 1]! + tile - start;
    const after = index === count - 1 ? 0 : start + tile - starts[index + 1]!;
    return Float64Array.from({ length: tile }, (_, at) => ramp(at, before) * ramp(tile - 1 - at, after));
  });
  const sums = new Float64Array(length);
  for (const [index, weights] of ramps.entries()) {
    weights.forEach((weight, at) => (sums[starts[index]! + at]! += weight));
  }
  return starts.map((start, index) => ({
    start,
    weights: Float32Array.from(ramps[index]!, (weight, at) => weight / sums[start + at]!),
  }));
}

/** Rises over the pixels that two tiles share, and is never 0. */
function ramp(at: number, shared: number): number {
  return at < shared ? (at + 1) / (shared + 1) : 1;
}
