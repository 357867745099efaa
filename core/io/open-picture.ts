import type { Sharp, SharpOptions } from 'sharp';
import { sharp } from './sharp.js';

/**
 * The most pixels that a picture may have: 8192 × 8192, four times a 4K frame's side. A few kilobytes of PNG can claim, and
 * hold, any number of equal pixels; with this many it takes 200 MB as 8-bit RGB and 512 MB as 16-bit RGBA, and several
 * pictures are decoded at a time.
 */
export const mostPixels = 8192 * 8192;

/** How files begin; a decoder of anything else (SVG draws, PDF runs) is not for what a camera saw. */
const beginnings: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['PNG', /^\x89PNG\r\n[^]\n/],
  ['JPEG', /^\xff\xd8\xff/],
  ['WebP', /^RIFF[^]{4}WEBP/],
  ['TIFF', /^(?:II[*+]\0|MM\0[*+])/],
  ['GIF', /^GIF8[79]a/],
  ['AVIF', /^[^]{4}ftypavi[fs]/],
];

/**
 * A picture to be decoded, of at most `mostPixels` and without damage that the decoder notices.
 * @throws Error whose message completes "found …"
 */
export function openPicture(bytes: Buffer, options: SharpOptions = {}): Sharp {
  const start = bytes.toString('latin1', 0, 16);
  if (!beginnings.some(([, pattern]) => pattern.test(start))) {
    throw new Error(`a file that begins like none of ${beginnings.map(([name]) => name).join(', ')}`);
  }
  return sharp(bytes, { ...options, limitInputPixels: mostPixels, failOn: 'warning', pages: 1 });
}

/**
 * Whether a picture's header claims a size that may be decoded.
 * @throws Error whose message completes "found …"
 */
export function checkPixels({ width, height }: { readonly width: number; readonly height: number }): void {
  if (width * height <= mostPixels) return;
  throw new Error(`${height}×${width} pixels (height × width), more than the ${mostPixels} that are decoded`);
}
