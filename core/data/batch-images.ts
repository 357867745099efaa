import type { RgbImage } from '../contracts/index.js';
import { imageMean, imageStd } from './prepare.js';

/**
 * A batch's images as they were before they were normalised; what is no number is black.
 * @param image [batch, height, width, 3], see `HostBatch`
 */
export function batchImages(
  image: ArrayLike<number | bigint>,
  [count, height, width]: readonly [number, number, number, ...number[]],
): RgbImage[] {
  const size = height * width * 3;
  return Array.from({ length: count }, (_, index) => {
    const pixels = Uint8ClampedArray.from({ length: size }, (__, at) => {
      const channel = at % 3;
      return 255 * (Number(image[index * size + at]) * imageStd[channel]! + imageMean[channel]!);
    });
    return { height, width, channels: 3, data: new Uint8Array(pixels.buffer) };
  });
}
