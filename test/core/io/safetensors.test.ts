import { expect } from 'chai';
import fc from 'fast-check';
import {
  encodeSafetensors,
  MtlError,
  parseSafetensors,
  type HostTensor,
  type Safetensors,
} from '../../../core/index.js';

const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

const tensor: fc.Arbitrary<HostTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(arrays) as HostTensor['dtype'][])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    seed: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  })
  .map(({ dtype, shape, seed }) => {
    const length = shape.reduce((product, size) => product * size, 1) * arrays[dtype].BYTES_PER_ELEMENT;
    const bytes = Uint8Array.from({ length }, (_, index) => (seed[index % 8]! + 31 * index) % 256);
    return { dtype, shape, data: new arrays[dtype](bytes.buffer) };
  });

const content: fc.Arbitrary<Safetensors> = fc.record({
  tensors: fc
    .array(
      fc.tuple(
        fc.string().filter((name) => name !== '__metadata__'),
        tensor,
      ),
      { maxLength: 5 },
    )
    .map((entries) => new Map(entries)),
  metadata: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
});

const bytesOf = ({ data }: HostTensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** A file with this header, made by hand. */
function fileOf(header: unknown, values = 0): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(values)]);
}

function messageOf(bytes: Buffer): string {
  try {
    parseSafetensors(bytes);
  } catch (error) {
    expect(error).to.be.instanceOf(MtlError).with.property('code', 'WEIGHTS_INVALID');
    return (error as MtlError).message.replace('not a whole safetensors file: ', '');
  }
  throw new Error('the file was taken');
}

describe('safetensors', () => {
  it('gives back what was written: names, types, shapes, bits and metadata', () => {
    fc.assert(
      fc.property(content, (written) => {
        const read = parseSafetensors(encodeSafetensors(written));
        expect(read.metadata).to.deep.equal(written.metadata);
        expect([...read.tensors.keys()]).to.have.members([...written.tensors.keys()]);
        for (const [name, { dtype, shape, data }] of written.tensors) {
          const found = read.tensors.get(name)!;
          expect({ dtype: found.dtype, shape: found.shape }).to.deep.equal({ dtype, shape });
          expect(found.data).to.be.instanceOf(arrays[dtype]);
          expect(bytesOf(found).equals(bytesOf({ dtype, shape, data }))).to.be.true;
        }
      }),
    );
  });

  it('writes the bytes that the format asks for', () => {
    const bytes = encodeSafetensors({
      tensors: new Map([['w', { dtype: 'F32', shape: [2], data: new Float32Array([1, -2]) }]]),
      metadata: { format: 'pt' },
    });
    const header = '{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).to.equal(0);
    expect(bytes.toString('utf8', 8, 8 + length).trimEnd()).to.equal(header);
    expect(bytes.toString('hex', 8 + length)).to.equal('0000803f000000c0');
  });

  it('writes a view of a larger array as the view alone', () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    const bytes = encodeSafetensors({
      tensors: new Map([['w', { dtype: 'F32', shape: [2], data }]]),
      metadata: {},
    });
    expect([...parseSafetensors(bytes).tensors.get('w')!.data]).to.deep.equal([2, 3]);
  });

  it('reads values that are not aligned and does not hold on to the file', () => {
    const file = fileOf('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} ', 4);
    file.writeFloatLE(2.5, file.length - 4);
    const { data } = parseSafetensors(Buffer.concat([Buffer.alloc(1), file]).subarray(1)).tensors.get('w')!;
    expect([...data]).to.deep.equal([2.5]);
    expect(data.buffer.byteLength).to.equal(4);
  });

  it('says what is wrong with a header', () => {
    const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
    const huge = Buffer.alloc(16);
    huge.writeBigUInt64LE(2n ** 64n - 1n);
    const overlap = { a: entry, b: { ...entry, data_offsets: [4, 12] } };
    const table: readonly (readonly [file: Buffer, message: string])[] = [
      [Buffer.alloc(0), 'it is shorter than a header'],
      [Buffer.alloc(7), 'it is shorter than a header'],
      [huge, 'its header is longer than the file'],
      [fileOf({ w: entry }, 8).subarray(0, 30), 'its header is longer than the file'],
      [fileOf('[]'), 'its header is not a JSON object'],
      [fileOf('null'), 'its header is not a JSON object'],
      [fileOf({ __metadata__: null }), 'its metadata are not texts'],
      [fileOf({ __metadata__: { step: 3 } }), 'its metadata are not texts'],
      [fileOf({ w: null }), 'the entry "w" has no dtype or shape'],
      [fileOf({ w: [] }), 'the entry "w" has no dtype or shape'],
      [fileOf({ w: { ...entry, shape: [-2] } }, 8), 'the entry "w" has no dtype or shape'],
      [fileOf({ w: { ...entry, shape: [1.5] } }, 8), 'the entry "w" has no dtype or shape'],
      [fileOf({ w: { ...entry, shape: '2' } }, 8), 'the entry "w" has no dtype or shape'],
      [
        fileOf({ w: { ...entry, dtype: 'F8_E4M3' } }, 8),
        '"w" is F8_E4M3; only F64, F32, F16, BF16, I64, I32, U16, U8, BOOL can be read',
      ],
      [
        fileOf({ w: { ...entry, dtype: 'constructor' } }, 8),
        '"w" is constructor; only F64, F32, F16, BF16, I64, I32, U16, U8, BOOL can be read',
      ],
      [fileOf({ w: { ...entry, data_offsets: [0] } }, 8), 'the entry "w" has no place'],
      [fileOf({ w: { ...entry, data_offsets: [-8, 0] } }, 8), 'the entry "w" has no place'],
      [fileOf({ w: { ...entry, data_offsets: [0, '8'] } }, 8), 'the entry "w" has no place'],
      [
        fileOf({ w: { ...entry, data_offsets: [8, 0] } }, 8),
        '"w" lies at 8–0, which does not fit F32 of shape [2]',
      ],
      [fileOf({ w: { ...entry, shape: [3] } }, 8), '"w" lies at 0–8, which does not fit F32 of shape [3]'],
      [
        fileOf({ w: { ...entry, shape: [2 ** 31, 2 ** 31, 2 ** 31] } }, 8),
        '"w" lies at 0–8, which does not fit F32 of shape [2147483648,2147483648,2147483648]',
      ],
      [fileOf({ w: entry }, 7), 'its tensors take 8 bytes, but it has 7'],
      [fileOf({ w: entry }, 9), 'its tensors take 8 bytes, but it has 9'],
      [
        fileOf({ w: { ...entry, data_offsets: [4, 12] } }, 12),
        '"w" begins at byte 4 of the values, expected 0',
      ],
      [fileOf(overlap, 12), '"b" begins at byte 4 of the values, expected 8'],
      [fileOf({ a: entry, b: entry }, 8), '"b" begins at byte 0 of the values, expected 8'],
    ];
    for (const [file, message] of table) expect(messageOf(file)).to.equal(message);
    expect(messageOf(fileOf('{"w":'))).to.match(/^its header is not JSON \(/);
  });

  it('takes no more memory than the file has, whatever the header claims', () => {
    const claims = Array.from({ length: 2000 }, (_, index) => [
      `t${index}`,
      { dtype: 'U8', shape: [2 ** 20], data_offsets: [0, 2 ** 20] },
    ]);
    const file = fileOf(Object.fromEntries(claims), 2 ** 20);
    const before = process.memoryUsage().arrayBuffers;
    expect(messageOf(file)).to.match(/begins at byte 0 of the values, expected 1048576/);
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(8 * 2 ** 20);
  });

  it('answers every damaged file with its own error, or with tensors no larger than the file', () => {
    const change = fc.oneof(
      fc.record({ at: fc.nat(), byte: fc.nat(255) }).map(({ at, byte }) => (file: Buffer) => {
        if (file.length > 0) file[at % file.length] = byte;
        return file;
      }),
      fc.nat().map((at) => (file: Buffer) => file.subarray(0, at % (file.length + 1))),
      fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 9 })).map(([at, bytes]) => (file: Buffer) => {
        const place = at % (file.length + 1);
        return Buffer.concat([file.subarray(0, place), bytes, file.subarray(place)]);
      }),
      fc
        .tuple(fc.nat(), fc.constantFrom('0', '9', '-', '"', '[', ']', ',', 'e', '.'))
        .map(([at, char]) => (file: Buffer) => {
          // Digits and signs in the header are what lengths and places are made of.
          const digits = [...file.entries()].filter(
            ([index, byte]) => index >= 8 && byte >= 0x30 && byte <= 0x39,
          );
          if (digits.length > 0) file[digits[at % digits.length]![0]] = char.charCodeAt(0);
          return file;
        }),
    );
    fc.assert(
      fc.property(content, fc.array(change, { minLength: 1, maxLength: 4 }), (written, changes) => {
        const file = changes.reduce((bytes, apply) => apply(Buffer.from(bytes)), encodeSafetensors(written));
        let read: Safetensors;
        try {
          read = parseSafetensors(file);
        } catch (error) {
          expect(error).to.be.instanceOf(MtlError).with.property('code', 'WEIGHTS_INVALID');
          return;
        }
        const taken = [...read.tensors.values()].reduce((sum, { data }) => sum + data.buffer.byteLength, 0);
        expect(taken).to.be.at.most(file.length);
      }),
      { numRuns: 1000 },
    );
  });
});
