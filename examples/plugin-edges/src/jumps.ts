import type { HostTarget, Raster } from 'crosstask';

/**
 * Pixels whose depth is more than `ratio` times that of one of their four neighbours, or the other way round: the same
 * for metres and inverse metres. Where depth is missing (0), and beside such a pixel unless another neighbour decides,
 * nothing is known: the mask is 0.
 */
export function jumps({ height, width, data: depth }: Raster, ratio: number): HostTarget {
  const data = new Uint8Array(height * width);
  const mask = new Uint8Array(height * width);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const own = depth[pixel]!;
      if (own <= 0) continue;
      const neighbours = [
        x > 0 ? depth[pixel - 1]! : own,
        x + 1 < width ? depth[pixel + 1]! : own,
        y > 0 ? depth[pixel - width]! : own,
        y + 1 < height ? depth[pixel + width]! : own,
      ];
      const isJump = neighbours.some((other) => other > 0 && Math.max(own / other, other / own) > ratio);
      data[pixel] = Number(isJump);
      mask[pixel] = Number(isJump || neighbours.every((other) => other > 0));
    }
  }
  return { value: { height, width, channels: 1, data }, mask };
}
