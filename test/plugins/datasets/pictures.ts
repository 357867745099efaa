import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Raster } from '../../../core/index.js';
import { readColors, readValues, type StoredValues } from '../../../plugins/datasets/common/decode.js';

/** A folder that lives as long as a suite's tests. */
export function temporaryFolder(): {
  readonly path: string;
  write(file: string, bytes: Uint8Array | string): Promise<string>;
} {
  let path = '';
  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'folders-'));
  });
  after(() => rm(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    async write(file, bytes) {
      const place = join(path, file);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, bytes);
      return place;
    },
  };
}

type Channels = 1 | 2 | 3 | 4;

/** An 8-bit PNG: grey, grey with alpha, RGB or RGB with alpha. */
export function png8(width: number, channels: Channels, values: readonly number[]): Promise<Buffer> {
  return sharp(Uint8Array.from(values), {
    raw: { width, height: values.length / width / channels, channels },
  })
    .toColourspace(channels < 3 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}

/** A 16-bit PNG: grey, or RGB. */
export function png16(width: number, channels: 1 | 3, values: readonly number[]): Promise<Buffer> {
  return sharp(Uint16Array.from(values), {
    raw: { width, height: values.length / width / channels, channels },
  })
    .toColourspace(channels === 1 ? 'grey16' : 'rgb16')
    .png()
    .toBuffer();
}

/**
 * A PNG of few bits, written by hand, since no library stores chosen indices: colour type 0 = grey, 3 = palette.
 * @param rows values of each row
 */
export function packedPng(
  bits: 1 | 2 | 4 | 8,
  colorType: 0 | 3,
  rows: readonly (readonly number[])[],
): Buffer {
  const width = rows[0]!.length;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header[8] = bits;
  header[9] = colorType;
  const lines = rows.map((row) => {
    const line = Buffer.alloc(1 + Math.ceil((width * bits) / 8));
    row.forEach((value, x) => {
      const at = x * bits;
      line[1 + (at >> 3)]! |= value << (8 - bits - (at & 7));
    });
    return line;
  });
  // Two indices of one colour, and a transparent one: what cannot be told from colours.
  const palette = Buffer.from(Array.from({ length: 2 ** bits }, (_, index) => [index >> 1, 200, 0]).flat());
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    ...(colorType === 3 ? [chunk('PLTE', palette), chunk('tRNS', Buffer.of(0))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** What `readValues` reads, to keep. */
export function storedValues(file: string, channel?: number, fix?: string): Promise<StoredValues> {
  return readValues(file, { channel, ...(fix ? { fix } : {}) }, ({ values, bits }) => ({
    values: { ...values, data: values.data.slice() },
    bits,
  }));
}

/** What `readColors` reads, to keep. */
export function storedColors(file: string): Promise<Raster<Uint8Array>> {
  return readColors(file, (colors) => ({ ...colors, data: colors.data.slice() }));
}
