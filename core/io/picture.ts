import { resolve } from 'node:path';
import sharp from 'sharp';
import type { RgbImage } from '../contracts/index.js';
import { writeAtomically } from './atomic-write.js';

/** Writes a picture as a PNG. */
export async function writePicture(file: string, picture: RgbImage): Promise<void> {
  writeAtomically(resolve(file), await encodePng(picture));
}

/** A picture as the bytes of a PNG file, made on a thread of libuv's. */
export function encodePng({ height, width, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
