import type { Sharp } from 'sharp';
import type { RgbImage, Size } from '../contracts/index.js';
import { checkPixels, openPicture } from './open-picture.js';
import { withPng } from './png/index.js';
import { readingPicture } from './reading.js';
import { sharp } from './sharp.js';

/** A picture whose header was read, and looked over; its pixels are decoded each time they are asked for. */
export interface OpenedRgb extends Size {
  /** As 8-bit RGB, resized by anti-aliased linear interpolation; in its own size where none is given. */
  pixels(size?: Size): Promise<RgbImage>;
}

/**
 * A picture as 8-bit RGB, resized by anti-aliased linear interpolation.
 * @returns the picture, and its size in the file
 * @throws MtlError `SAMPLE_INVALID`
 */
export function readRgb(file: string, size: Size): Promise<{ image: RgbImage; original: Size }> {
  return readingPicture(file, async (buffer) => {
    const plain = await withPng(buffer, 3, async (picture) => ({
      image: await rgbBytes(shrink(rawPicture(picture as RgbImage), size), size),
      original: { height: picture.height, width: picture.width },
    }));
    if (plain) return plain;
    const picture = await opened(buffer, false);
    return { image: await picture.pixels(size), original: { height: picture.height, width: picture.width } };
  });
}

/**
 * Opens a picture for as long as `use` takes.
 * @param options whose `upright` turns it as its EXIF orientation says, as viewers do; labels lie over the pixels as stored
 * @throws MtlError `SAMPLE_INVALID`
 */
export function openRgb<T>(
  file: string,
  { upright }: { readonly upright: boolean },
  use: (picture: OpenedRgb) => Promise<T>,
): Promise<T> {
  return readingPicture(file, async (buffer) => use(await opened(buffer, upright)));
}

async function opened(buffer: Buffer, upright: boolean): Promise<OpenedRgb> {
  const metadata = await openPicture(buffer).metadata();
  checkPixels(metadata);
  const { height, width } = upright ? metadata.autoOrient : metadata;
  const picture = (): Sharp => openPicture(buffer).toColourspace('srgb').removeAlpha();
  // Resized first and turned then, pixels would end up elsewhere by parts of a pixel.
  const isTurned = upright && (metadata.orientation ?? 1) > 1;
  const turned = isTurned ? await rgbBytes(picture().autoOrient(), { height, width }) : undefined;
  return {
    height,
    width,
    pixels: (size = { height, width }) =>
      turned ? resizeRgb(turned, size) : rgbBytes(shrink(picture(), size), size),
  };
}

/** A picture of another size, by the same interpolation as `readRgb`'s; the picture itself where it has that size. */
export async function resizeRgb(image: RgbImage, size: Size): Promise<RgbImage> {
  const { height, width } = image;
  if (height === size.height && width === size.width) return image;
  return rgbBytes(shrink(rawPicture(image), size), size);
}

function rawPicture({ height, width, data }: RgbImage): Sharp {
  return sharp(data, { raw: { height, width, channels: 3 } });
}

function shrink(picture: Sharp, { height, width }: Size): Sharp {
  // Shrinking while a JPEG is decoded moves it by parts of a pixel against its labels.
  return picture.resize({ width, height, fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false });
}

async function rgbBytes(picture: Sharp, { height, width }: Size): Promise<RgbImage> {
  const data = await picture.raw({ depth: 'uchar' }).toBuffer();
  return { height, width, channels: 3, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}
