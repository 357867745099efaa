import { crc32 } from 'node:zlib';
import fc from 'fast-check';

/** A change of a file's bytes; it leaves the given ones as they are. */
export type Mutation = (bytes: Buffer) => Buffer;

/** A place in a file, whatever its length turns out to be. Half of them lie in the first 160 bytes, where headers are. */
const place = fc.oneof(fc.nat(159), fc.nat(2 ** 31 - 1));
const at = (where: number, bytes: Buffer): number => (bytes.length === 0 ? 0 : where % bytes.length);

const flips = fc
  .array(fc.tuple(place, fc.nat(7)), { minLength: 1, maxLength: 6 })
  .map((list): Mutation => (bytes) => {
    const out = Buffer.from(bytes);
    for (const [where, bit] of list) if (out.length > 0) out[at(where, out)]! ^= 1 << bit;
    return out;
  });

const truncation = place.map(
  (where): Mutation =>
    (bytes) =>
      bytes.subarray(0, at(where, bytes)),
);

const removal = fc.tuple(place, fc.nat(300)).map(([where, length]): Mutation => (bytes) => {
  const start = at(where, bytes);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
});

const repetition = fc
  .tuple(place, fc.nat(300), fc.integer({ min: 1, max: 40 }))
  .map(([where, length, times]): Mutation => (bytes) => {
    const start = at(where, bytes);
    const part = bytes.subarray(start, start + length);
    return Buffer.concat([
      bytes.subarray(0, start),
      ...Array<Buffer>(times).fill(part),
      bytes.subarray(start),
    ]);
  });

const insertion = fc
  .tuple(place, fc.uint8Array({ minLength: 1, maxLength: 12 }))
  .map(([where, part]): Mutation => (bytes) => {
    const start = at(where, bytes);
    return Buffer.concat([bytes.subarray(0, start), part, bytes.subarray(start)]);
  });

const extremes = [0n, 1n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 63n];

/** What may be a length, of 1 to 8 bytes and in either order of bytes, becomes an extreme one. */
const extreme = fc
  .tuple(
    place,
    fc.constantFrom(1, 2, 4, 8),
    fc.constantFrom(...extremes, 2n ** 64n - 1n, 2n ** 53n),
    fc.boolean(),
  )
  .map(([where, size, value, little]): Mutation => (bytes) => {
    const out = Buffer.from(bytes);
    const start = at(where, bytes);
    for (let index = 0; index < size && start + index < out.length; index++) {
      const shift = BigInt(8 * (little ? index : size - 1 - index));
      out[start + index] = Number((value >> shift) & 0xffn);
    }
    return out;
  });

/** Numbers and signs of a header of text become others. */
const digits = fc
  .tuple(
    fc.nat(),
    fc.constantFrom('0', '9', '-1', '1e9', '99999999999999999999', '"', ',', '[', '{', '}', ''),
  )
  .map(([which, text]): Mutation => (bytes) => {
    const found: number[] = [];
    for (let index = 0; index < Math.min(bytes.length, 4096); index++)
      if (bytes[index]! >= 0x30 && bytes[index]! <= 0x39) found.push(index);
    const start = found[which % Math.max(found.length, 1)] ?? 0;
    return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(start + 1)]);
  });

const single = fc.oneof(flips, truncation, removal, repetition, insertion, extreme, extreme, digits);

/** One change or several. */
export const mutation: fc.Arbitrary<Mutation> = several(single);

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** A PNG whose parts are changed, removed, repeated or moved, and whose checksums are right all the same. */
export const pngMutation: fc.Arbitrary<Mutation> = several(
  fc
    .tuple(fc.nat(), fc.nat(), fc.constantFrom('change', 'remove', 'repeat', 'move'), single)
    .map(([from, to, what, change]): Mutation => (bytes) => {
      const list = chunksOf(bytes);
      const index = from % Math.max(list.length, 1);
      const picked = list[index];
      if (!picked) return bytes;
      if (what === 'change') list[index] = { ...picked, data: change(picked.data) };
      if (what === 'remove' || what === 'move') list.splice(index, 1);
      if (what === 'move') list.splice(to % (list.length + 1), 0, picked);
      if (what === 'repeat') list.splice(index, 0, ...Array<Chunk>(1 + (to % 50)).fill(picked));
      return Buffer.concat([bytes.subarray(0, 8), ...list.map(chunkBytes)]);
    }),
);

function several(one: fc.Arbitrary<Mutation>): fc.Arbitrary<Mutation> {
  return fc
    .array(one, { minLength: 1, maxLength: 4 })
    .map((list) => (bytes) => list.reduce((changed, change) => change(changed), bytes));
}

function chunksOf(png: Buffer): Chunk[] {
  const list: Chunk[] = [];
  for (let start = 8; start + 12 <= png.length;) {
    const length = png.readUInt32BE(start);
    list.push({
      type: png.toString('latin1', start + 4, start + 8),
      data: png.subarray(start + 8, start + 8 + length),
    });
    start += 12 + length;
  }
  return list;
}

/** A part of a PNG with its length and checksum. */
export function chunkBytes({ type, data }: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

const pieces = [
  '&a ', '*a ', '<<: *a\n', '<<: [*a, *a, *a, *a]\n', '__proto__: { polluted: 1 }\n', '"__proto__": {"polluted": 1},',
  'constructor: { prototype: { polluted: 1 } }\n', '!!js/function "function () { throw 1 }"', '!!binary x', '!!python/object:x ',
  '!!set ', '? ', '[', '{', ']', '}', ': ', '- ', '\n', '\0', '\u{1F600}', 'null', '.nan', '-.inf', '1e999', '"', "'", '|\n', '>-\n',
  '#', '%YAML 9.9\n---\n', '---\n', '...\n', 'extends: ./config.yaml\n', 'name: toString', '[['.repeat(3000), '{"a":'.repeat(3000),
]; // prettier-ignore

/** Text with words of YAML and JSON where they do not belong. */
export const textMutation: fc.Arbitrary<Mutation> = several(
  fc.oneof(
    single,
    fc
      .tuple(fc.nat(), fc.constantFrom(...pieces), fc.integer({ min: 1, max: 4 }))
      .map(([where, piece, times]): Mutation => (bytes) => {
        const start = at(where, bytes);
        return Buffer.concat([
          bytes.subarray(0, start),
          Buffer.from(piece.repeat(times)),
          bytes.subarray(start),
        ]);
      }),
  ),
);
