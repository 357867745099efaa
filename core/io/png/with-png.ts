import { endianness } from 'node:os';
import type { Raster } from '../../contracts/index.js';
import { plainPng, type PlainPng } from './chunks.js';
import { canDecode, Decoder } from './decoder.js';

/** Bytes of pixels, and of what they are compressed to: more is better decoded by who does not need all of it at once. */
const largest = 16 * 2 ** 20;

/** Those that nobody uses; so many were in use at once. */
const idle: Decoder[] = [];

/** A decoder that has grown beyond this many bytes is not kept. */
const mostKept = 24 * 2 ** 20;

/**
 * The numbers of a PNG of the plain kind, 8-bit RGB or grey of 8 or 16 bits, as they stand in the file, faster than a decoder
 * for all kinds: it inflates and undoes the filters by vectors, on the thread that calls.
 * @param channels the kind that is wanted
 * @param use what is done with the numbers. They stand in a decoder's memory until its promise is settled: large buffers that
 *   come and go make the garbage collector run, which takes as long as decoding
 * @returns what `use` does; undefined for every other picture, and for one that is damaged or large: for a decoder that judges
 *   them
 */
export async function withPng<T>(
  bytes: Buffer,
  channels: 1 | 3,
  use: (pixels: Raster<Uint8Array | Uint16Array>) => T | Promise<T>,
): Promise<T | undefined> {
  const png = canDecode ? plainPng(bytes) : undefined;
  if (png?.channels !== channels) return undefined;
  const { height, width, bits } = png;
  if ((height * width * channels * bits) / 8 > largest || bytes.length > largest) return undefined;
  let decoder: Decoder | undefined;
  try {
    decoder = idle.pop() ?? new Decoder();
    const data = decoded(decoder, png);
    return data && (await use({ height, width, channels, data }));
  } finally {
    if (decoder && decoder.size <= mostKept) idle.push(decoder);
  }
}

function decoded(
  decoder: Decoder,
  { height, width, channels, bits, compressed }: PlainPng,
): Uint8Array | Uint16Array | undefined {
  const pixelBytes = (channels * bits) / 8;
  const bytes = decoder.decode({ compressed, rows: height, rowBytes: width * pixelBytes, pixelBytes });
  if (bytes === undefined || bits === 8) return bytes;
  const { buffer, byteOffset, length } = bytes;
  // In the file the higher byte of a number comes first.
  if (endianness() === 'LE') Buffer.from(buffer, byteOffset, length).swap16();
  return new Uint16Array(buffer, byteOffset, length / 2);
}
