import { resolve } from 'node:path';
import type { Raster, RgbImage } from '../contracts/index.js';
import { writeAtomically } from './atomic-write.js';
import { sharp } from './sharp.js';

/** Writes a picture as a PNG. */
export async function writePicture(file: string, image: RgbImage): Promise<void> {
  writeAtomically(resolve(file), await encodePng(image));
}

/**
 * Numbers as a PNG, exactly: grey for one channel, RGB for three, of as many bits as the numbers have.
 * @param raster of one or three channels
 */
export function encodePng({
  height,
  width,
  channels,
  data,
}: Raster<Uint8Array | Uint16Array>): Promise<Buffer> {
  const isByte = data instanceof Uint8Array;
  const space = channels === 1 ? (isByte ? 'b-w' : 'grey16') : isByte ? 'srgb' : 'rgb16';
  return sharp(data, { raw: { height, width, channels: channels === 1 ? 1 : 3 } })
    .toColourspace(space)
    .png({ adaptiveFiltering: true })
    .toBuffer();
}
