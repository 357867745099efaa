import type { Metadata, Sharp } from 'sharp';
import {
  badValue,
  checkPixels,
  openPicture,
  type Raster,
  readingPicture,
  withPng,
} from '../../../core/index.js';
import { indicesAsGrey } from './palette.js';

/** Numbers as they stand in a file. */
export interface StoredValues {
  readonly values: Raster<Uint8Array | Uint16Array>;
  /** Of one number in the file. */
  readonly bits: number;
}

/** What is read of a picture, and what to say of another one. */
export interface ValuesWanted {
  /** Of a picture with several; absent: the picture has one. */
  readonly channel?: number | undefined;
  /** What to do about a picture with other channels. */
  readonly fix?: string;
}

/**
 * The numbers of one channel exactly as stored: 8 or 16 bits without conversion of colours, fewer bits unscaled,
 * and the indices of a palette.
 * @param use what is done with the numbers, which are there until its promise is settled
 * @returns what `use` does
 * @throws MtlError `SAMPLE_INVALID`
 */
export function readValues<T extends object>(
  file: string,
  { channel, fix = 'save it as a grey or palette PNG' }: ValuesWanted,
  use: (stored: StoredValues) => T | Promise<T>,
): Promise<T> {
  return readingPicture(file, async (buffer) => {
    const first = (channel ?? 0) === 0;
    const plain =
      first &&
      (await withPng(buffer, 1, (values) =>
        use({ values, bits: values.data instanceof Uint16Array ? 16 : 8 }),
      ));
    if (plain) return plain;
    const metadata = await storedMetadata(buffer, file);
    const asIndices = metadata.isPalette && channel === undefined;
    const picture = asIndices
      ? openPicture(indicesAsGrey(buffer)).toColourspace('b-w')
      : openPicture(buffer, { ignoreIcc: true }).toColourspace(metadata.space);
    const all = await rawPixels(picture, metadata.depth);
    checkChannel(file, all.channels, channel, fix);
    const bits = metadata.bitsPerSample ?? (metadata.depth === 'ushort' ? 16 : 8);
    const values = pickChannel(all, channel ?? 0);
    if (bits < 8 && (asIndices || !metadata.isPalette)) {
      // Decoders stretch fewer bits to 0–255: 255 = k·(2^bits − 1).
      const stretch = 255 / (2 ** bits - 1);
      values.data.forEach((value, at) => (values.data[at] = value / stretch));
    }
    return use({ values, bits });
  });
}

/**
 * The three colours of every pixel, 0–255, exactly as stored.
 * @param use as in `readValues`
 * @throws MtlError `SAMPLE_INVALID`
 */
export function readColors<T extends object>(
  file: string,
  use: (colors: Raster<Uint8Array>) => T | Promise<T>,
): Promise<T> {
  return readingPicture(file, async (buffer) => {
    const plain = await withPng(buffer, 3, (colors) => use(colors as Raster<Uint8Array>));
    if (plain) return plain;
    const { depth, space } = await storedMetadata(buffer, file);
    const pixels = await rawPixels(
      openPicture(buffer, { ignoreIcc: true }).toColourspace(space).removeAlpha(),
      depth,
    );
    const { data, channels } = pixels;
    if (channels === 3 && data instanceof Uint8Array) return use({ ...pixels, data });
    throw badValue('SAMPLE_INVALID', {
      what: file,
      expected: 'an RGB picture of 8 bits per channel',
      found: `${channels} channels of ${depth === 'ushort' ? 16 : 8} bits`,
    });
  });
}

async function storedMetadata(buffer: Buffer, file: string): Promise<Metadata> {
  const metadata = await openPicture(buffer).metadata();
  checkPixels(metadata);
  const { format, depth } = metadata;
  if (format !== 'jpeg' && (depth === 'uchar' || depth === 'ushort')) return metadata;
  throw badValue('SAMPLE_INVALID', {
    what: file,
    expected: 'labels in a lossless picture of 8 or 16 bits, such as PNG',
    found: `${format}, ${depth}`,
  });
}

async function rawPixels(
  picture: Sharp,
  depth: Metadata['depth'],
): Promise<Raster<Uint8Array | Uint16Array>> {
  const output = picture.raw({ depth: depth === 'ushort' ? 'ushort' : 'uchar' });
  const { data, info } = await output.toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  return {
    height,
    width,
    channels,
    data:
      depth === 'ushort'
        ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
        : new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}

/**
 * @throws MtlError `SAMPLE_INVALID` where a file has numbers of another length, e.g. a picture of depth in 8 bits
 */
export function checkBits(file: string, bits: number, expected: 8 | 16, content: string, fix: string): void {
  if (bits === expected) return;
  throw badValue('SAMPLE_INVALID', {
    what: file,
    expected: `${content} of ${expected} bits`,
    found: `${bits} bits`,
    fix,
  });
}

function checkChannel(file: string, channels: number, channel: number | undefined, fix: string): void {
  if (channel === undefined ? channels === 1 : channel < channels) return;
  throw badValue('SAMPLE_INVALID', {
    what: file,
    expected: channel === undefined ? 'a picture with one channel' : `a picture with a channel ${channel}`,
    found: `${channels} channel${channels === 1 ? '' : 's'}`,
    fix,
  });
}

function pickChannel(
  raster: Raster<Uint8Array | Uint16Array>,
  channel: number,
): Raster<Uint8Array | Uint16Array> {
  const { channels, data } = raster;
  if (channels === 1) return raster;
  const picked = data.filter((_, at) => at % channels === channel);
  return { ...raster, channels: 1, data: picked };
}
