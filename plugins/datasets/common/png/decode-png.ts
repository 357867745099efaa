import { endianness } from 'node:os';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { plainPng, type PlainPng } from './chunks.js';
import { canUnfilter, fits, unfilter } from './unfilter.js';

/** Numbers as they stand in the file, row by row. */
export interface PngPixels {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array | Uint16Array;
}

/** Bytes of pixels: a larger picture is better decoded by who does not need all of it at once. */
const largest = 16 * 2 ** 20;

/** More than there should be, so that inflating need not ask for more room to find that it is done. */
const spare = 64;

/**
 * The pixels of a PNG of the plain kind, 8-bit RGB or grey of 8 or 16 bits, faster than a decoder for all kinds: zlib
 * inflates on libuv's threads, and the filters are undone by vectors.
 * @param channels the kind that is wanted
 * @returns undefined for every other picture, and for one that is damaged or large: for a decoder that judges them
 */
export async function decodePng(bytes: Buffer, channels: 1 | 3): Promise<PngPixels | undefined> {
  const png = canUnfilter ? plainPng(bytes) : undefined;
  if (png?.channels !== channels) return undefined;
  const { height, width, bits } = png;
  const pixelBytes = (channels * bits) / 8;
  const rowBytes = width * pixelBytes;
  if (height * (rowBytes + 1) > largest || !fits(rowBytes)) return undefined;
  const filtered = await inflated(png, height * (rowBytes + 1));
  if (!filtered || !unfilter(filtered, { rows: height, rowBytes, pixelBytes })) return undefined;
  const data = numbersOf(filtered.subarray(0, height * rowBytes), bits);
  return { height, width, channels, data };
}

/** @returns undefined where there are not exactly so many bytes */
async function inflated({ compressed }: PlainPng, length: number): Promise<Buffer<ArrayBuffer> | undefined> {
  const whole = compressed.length === 1 ? compressed[0]! : Buffer.concat(compressed);
  const room = length + spare;
  try {
    const { buffer, engine } = await inflateAsync(whole, {
      chunkSize: room,
      maxOutputLength: room,
      info: true,
    });
    return buffer.length === length && engine.bytesWritten === whole.length ? buffer : undefined;
  } catch {
    // Damaged: the other decoder says so.
    return undefined;
  }
}

const inflateAsync = promisify(inflate) as unknown as (
  bytes: Buffer,
  options: { readonly chunkSize: number; readonly maxOutputLength: number; readonly info: true },
) => Promise<{ readonly buffer: Buffer<ArrayBuffer>; readonly engine: { readonly bytesWritten: number } }>;

/** In the file the higher byte of a number comes first. */
function numbersOf({ buffer, byteOffset, length }: Buffer, bits: 8 | 16): Uint8Array | Uint16Array {
  const bytes = new Uint8Array(buffer, byteOffset, length);
  if (bits === 8) return bytes;
  if (endianness() === 'LE') Buffer.from(buffer, byteOffset, length).swap16();
  return new Uint16Array(buffer, byteOffset, length / 2);
}
