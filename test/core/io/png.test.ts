import { crc32, deflateSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { openPicture, readRgb, withPng, type Raster } from '../../../core/index.js';
import { temporaryFolder } from '../../plugins/datasets/pictures.js';

interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly bits: 8 | 16;
  /** As in a PNG, row by row; 16 bits with the higher byte first. */
  readonly bytes: Uint8Array;
}

/** How a file is written. */
interface Writing {
  /** Of each row, over and over. */
  readonly filters: readonly number[];
  /** Parts of the compressed data. */
  readonly parts?: number;
  /** Between header and data. */
  readonly between?: readonly Buffer[];
  readonly header?: Partial<Record<'bits' | 'colorType' | 'interlaced' | 'height', number>>;
  readonly compress?: (filtered: Uint8Array) => Buffer;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

/** The specification's predictors of a byte from its left, upper and upper left neighbours. */
const predictors: readonly ((a: number, b: number, c: number) => number)[] = [
  () => 0,
  (a) => a,
  (_, b) => b,
  (a, b) => Math.floor((a + b) / 2),
  (a, b, c) => {
    const p = a + b - c;
    const [pa, pb, pc] = [a, b, c].map((value) => Math.abs(p - value)) as [number, number, number];
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  },
];

function filter({ height, channels, bits, bytes }: Picture, filters: readonly number[]): Uint8Array {
  const rowBytes = bytes.length / height;
  const pixelBytes = (channels * bits) / 8;
  const out = new Uint8Array(height * (rowBytes + 1));
  const at = (y: number, x: number): number => (y < 0 || x < 0 ? 0 : bytes[y * rowBytes + x]!);
  for (let y = 0; y < height; y++) {
    const number = filters[y % filters.length]!;
    out[y * (rowBytes + 1)] = number;
    for (let x = 0; x < rowBytes; x++) {
      const neighbours = [at(y, x - pixelBytes), at(y - 1, x), at(y - 1, x - pixelBytes)] as const;
      out[y * (rowBytes + 1) + 1 + x] = at(y, x) - (predictors[number]?.(...neighbours) ?? 0);
    }
  }
  return out;
}

function write(
  picture: Picture,
  { filters, parts = 1, between = [], header = {}, compress }: Writing,
): Buffer {
  const { width, channels } = picture;
  const { bits = picture.bits, colorType = channels - 1, interlaced = 0, height = picture.height } = header;
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, bits, colorType, 0, 0, interlaced]);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  const data = (compress ?? deflateSync)(filter(picture, filters));
  const length = Math.ceil(data.length / parts);
  const pieces = Array.from({ length: parts }, (_, part) =>
    data.subarray(part * length, (part + 1) * length),
  );
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    ...between,
    ...pieces.map((piece) => chunk('IDAT', piece)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Smooth here and rough there, so that every branch of every filter is taken. */
function picture(kind: Pick<Picture, 'channels' | 'bits'>, height: number, width: number, seed = 1): Picture {
  const bytes = new Uint8Array((height * width * kind.channels * kind.bits) / 8);
  let state = seed;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = (state >>> 28) % 3 === 0 ? state >>> 16 : (at * seed) >> 4;
  }
  return { ...kind, height, width, bytes };
}

function bytesOf(pixels: { readonly data: Uint8Array | Uint16Array } | undefined): number[] | undefined {
  if (pixels?.data instanceof Uint16Array) {
    return [...pixels.data].flatMap((value) => [value >> 8, value & 255]);
  }
  return pixels && [...pixels.data];
}

/** The picture, to keep. */
function decode(bytes: Buffer, channels: 1 | 3): Promise<Raster<Uint8Array | Uint16Array> | undefined> {
  return withPng(bytes, channels, (pixels) => ({ ...pixels, data: pixels.data.slice() }));
}

const kinds = [
  { channels: 1, bits: 8 },
  { channels: 1, bits: 16 },
  { channels: 3, bits: 8 },
] as const;
const time = chunk('tIME', Buffer.from([7, 234, 1, 2, 3, 4, 5]));
const small = picture(kinds[2], 12, 11);

describe('plain PNG files', () => {
  const folder = temporaryFolder();

  it('come out as they went in, of any size, with any filters, in any number of parts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 4 }),
        async (kind, height, width, seed, filters, parts) => {
          const original = picture(kind, height, width, seed);
          const found = await decode(write(original, { filters, parts, between: [time] }), kind.channels);
          expect(found).to.include({ height, width, channels: kind.channels });
          expect(bytesOf(found)).to.deep.equal([...original.bytes]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('come out so where they are large', async () => {
    for (const kind of kinds) {
      const original = picture(kind, 60, Math.ceil((15_003 * 8) / kind.channels / kind.bits), 77);
      const found = await decode(write(original, { filters: [4, 3, 2, 1, 4, 4, 0] }), kind.channels);
      expect(Buffer.compare(Buffer.from(bytesOf(found)!), original.bytes)).to.equal(0);
    }
  });

  const others: Readonly<Record<string, Buffer>> = {
    'with a palette': write(small, { filters: [0], header: { colorType: 3 } }),
    'with opacity': write(small, { filters: [0], header: { colorType: 6 } }),
    'of 16-bit RGB': write(small, { filters: [0], header: { bits: 16 } }),
    'that is interlaced': write(small, { filters: [0], header: { interlaced: 1 } }),
    'with a colour profile': write(small, { filters: [0], between: [chunk('iCCP', Buffer.alloc(20))] }),
    'with a transparent colour': write(small, { filters: [0], between: [chunk('tRNS', Buffer.alloc(6))] }),
    'with an unknown filter': write(small, { filters: [0, 5] }),
    'with too few rows': write(small, { filters: [0], header: { height: 13 } }),
    'with too many rows': write(small, { filters: [0], header: { height: 11 } }),
    'without rows': write(small, { filters: [0], header: { height: 0 } }),
    'with more in its compressed data': write(small, {
      filters: [0],
      compress: (bytes) => Buffer.concat([deflateSync(bytes), Buffer.from('more')]),
    }),
    'whose header claims more than 16 MiB': write(small, { filters: [0], header: { height: 600_000 } }),
    'with bytes after its end': Buffer.concat([write(small, { filters: [0] }), Buffer.from([0])]),
    'that is torn': write(small, { filters: [0] }).subarray(0, -20),
    'with its parts apart': Buffer.concat([
      write(small, { filters: [0] }).subarray(0, -12),
      time,
      chunk('IDAT', Buffer.alloc(0)),
      chunk('IEND', Buffer.alloc(0)),
    ]),
    'of another kind than is wanted': write(picture(kinds[0], 4, 4), { filters: [0] }),
    'that is none': Buffer.from('GIF89a, or what begins like one'),
  };
  for (const [name, bytes] of Object.entries(others)) {
    it(`leave to the other decoder a picture ${name}`, async () => {
      expect(await decode(bytes, 3)).to.equal(undefined);
    });
  }

  it('are read only where the other decoder finds no damage, and finds the same', async () => {
    const whole = write(small, { filters: [4, 3, 0, 1, 2], parts: 2, between: [time] });
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 0,
          maxLength: 2,
        }),
        async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          const found = await decode(bytes, 3);
          if (!found) return;
          read++;
          expect(bytesOf(found)).to.deep.equal([...(await openPicture(bytes).raw().toBuffer())]);
        },
      ),
      { numRuns: 150 },
    );
    expect(read).to.be.above(0);
  });

  it('stay as they are while others are decoded', async () => {
    const originals = kinds.flatMap((kind) => [picture(kind, 9, 30, 3), picture(kind, 40, 25, 5)]);
    const found = originals.map((original) =>
      withPng(write(original, { filters: [4, 1] }), original.channels, async (pixels) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return bytesOf(pixels);
      }),
    );
    expect(await Promise.all(found)).to.deep.equal(originals.map(({ bytes }) => [...bytes]));
  });

  it('are the same pictures as by the other decoder, in any size', async () => {
    const original = picture(kinds[2], 97, 130, 11);
    // What it makes no difference to, the plain kind does not have.
    const other = write(original, {
      filters: [1, 4],
      between: [chunk('tEXt', Buffer.from('Title\0other', 'latin1'))],
    });
    expect(await decode(other, 3)).to.equal(undefined);
    const files = [
      await folder.write('plain.png', write(original, { filters: [1, 4] })),
      await folder.write('other.png', other),
    ];
    for (const size of [original, { height: 12, width: 33 }, { height: 200, width: 131 }]) {
      const [plain, same] = await Promise.all(files.map((file) => readRgb(file, size)));
      expect(plain).to.deep.equal(same);
    }
  });
});
