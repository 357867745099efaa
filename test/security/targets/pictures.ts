import fc from 'fast-check';
import sharp from 'sharp';
import { readRgb } from '../../../core/index.js';
import { packedPng, png16, png8, storedColors, storedValues } from '../../plugins/datasets/pictures.js';
import { mutation, pngMutation } from '../mutations.js';
import type { TargetMaker } from './target.js';

const ramp = (length: number): number[] => Array.from({ length }, (_, index) => (index * 37) % 251);

export const labelPng: TargetMaker = async () => ({
  files: new Map([
    ['grey8.png', await png8(16, 1, ramp(256))],
    ['grey16.png', await png16(16, 1, ramp(256))],
    ['grey2.png', packedPng(2, 0, [[0, 1, 2, 3], [3, 2, 1, 0]])],
    ['palette.png', packedPng(4, 3, [[0, 1, 2, 15], [3, 2, 1, 0]])],
    ['colors.png', await png8(8, 3, ramp(192))],
  ]), // prettier-ignore
  mutation: fc.oneof(mutation, pngMutation),
  runs: 1500,
  // A header that claims all the pixels that may be decoded, and data for them: 8192² of 16 bits in 4 channels.
  most: 640,
  async read(file) {
    if (file.endsWith('colors.png')) await storedColors(file);
    else await storedValues(file);
  },
});

async function example(format: 'png' | 'jpeg' | 'webp' | 'tiff' | 'gif' | 'avif'): Promise<Buffer> {
  return sharp(Uint8Array.from(ramp(16 * 12 * 3)), { raw: { width: 16, height: 12, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

function imageTarget(...formats: Parameters<typeof example>[0][]): TargetMaker {
  return async () => ({
    files: new Map(
      await Promise.all(formats.map(async (format) => [`image.${format}`, await example(format)] as const)),
    ),
    mutation: formats.includes('png') ? fc.oneof(mutation, pngMutation) : mutation,
    runs: 1500,
    most: 640,
    async read(file) {
      await readRgb(file, { height: 6, width: 8 });
    },
  });
}

export const imagePngJpeg: TargetMaker = imageTarget('png', 'jpeg');
export const imageOther: TargetMaker = imageTarget('webp', 'tiff', 'gif', 'avif');
