import { resolve } from 'node:path';
import sharp from 'sharp';
import type { RgbImage } from '../contracts/index.js';
import { writeAtomically } from './atomic-write.js';

/** Writes a picture as a PNG. */
export async function writePicture(file: string, { height, width, data }: RgbImage): Promise<void> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  writeAtomically(resolve(file), png);
}
