import { expect } from 'chai';
import fc from 'fast-check';
import { asRaster, encodeNpy, parseNpy, type NpyArray } from '../../../../plugins/datasets/common/npy.js';
import { fixtureJson } from '../fixtures.js';
import { failure } from '../make.js';

interface Case {
  readonly name: string;
  readonly bytes: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const { cases, refused } = fixtureJson('npy.json') as { cases: readonly Case[]; refused: readonly Case[] };

describe('data sets: .npy', () => {
  for (const { name, bytes, type, shape, values } of cases) {
    it(`reads what NumPy wrote: ${name}`, () => {
      const found = parseNpy(Buffer.from(bytes, 'base64'), 'a.npy');
      expect(found.type).to.equal(type);
      expect(found.shape).to.deep.equal(shape);
      expect(Array.from(found.data as ArrayLike<number | bigint>, Number)).to.deep.equal(values);
    });
  }

  for (const { name, bytes } of refused) {
    it(`refuses ${name}, naming the file, what can be read and the fix`, async () => {
      const { code, message } = await failure(() => parseNpy(Buffer.from(bytes, 'base64'), 'a.npy'));
      expect(code).to.equal('SAMPLE_INVALID');
      expect(message).to.match(
        /^a\.npy: expected .*(b1, u1|plain numbers).*, found .*; save an array of plain/,
      );
    });
  }

  const arrays: fc.Arbitrary<NpyArray> = fc
    .tuple(
      fc.constantFrom('b1', 'u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'i8', 'f4', 'f8'),
      fc.array(fc.nat(4), { maxLength: 4 }),
      fc.integer(),
    )
    .map(([type, shape, seed]) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const values = Array.from({ length: count }, (_, at) => (seed + at * 7919) % 100);
      const types = {
        b1: Uint8Array,
        u1: Uint8Array,
        i1: Int8Array,
        u2: Uint16Array,
        i2: Int16Array,
        u4: Uint32Array,
        i4: Int32Array,
        f4: Float32Array,
        f8: Float64Array,
      };
      const data =
        type === 'i8'
          ? BigInt64Array.from(values, BigInt)
          : types[type].from(values.map((value) => value / 2));
      return { type, shape, data };
    });

  it('writes what it reads back', () => {
    fc.assert(
      fc.property(arrays, (array) => void expect(parseNpy(encodeNpy(array), 'a.npy')).to.deep.equal(array)),
    );
  });

  it('reads, or says what is wrong with, any file; and takes no more memory than a few times its size', () => {
    const files = cases.map(({ bytes }) => Buffer.from(bytes, 'base64'));
    const edits = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
    const property = fc.property(fc.constantFrom(...files), edits, fc.nat(400), (file, changes, length) => {
      const mutated = Buffer.from(length < 200 ? file.subarray(0, length) : file);
      for (const [at, value] of changes) if (at < mutated.length) mutated[at] = value;
      try {
        const { data } = parseNpy(mutated, 'a.npy');
        expect(data.byteLength).to.be.at.most(mutated.length);
      } catch (error) {
        expect(error).to.include({ name: 'MtlError', code: 'SAMPLE_INVALID' });
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('takes no memory for a shape that the file cannot hold, and little time for a long header', async () => {
    const header = (text: string): Buffer => {
      const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
      start.writeUInt16LE(text.length, 8);
      return Buffer.concat([start, Buffer.from(text, 'latin1')]);
    };
    const huge = header("{'descr': '<f8', 'fortran_order': True, 'shape': (99999999999, 99999999999), }");
    expect((await failure(() => parseNpy(huge, 'a.npy'))).message).to.match(
      /bytes of values for <f8 of shape/,
    );
    const digits = '1'.repeat(60000);
    const start = performance.now();
    await failure(() =>
      parseNpy(header(`{'descr': '<f8', 'fortran_order': True, 'shape': (${digits}x`), 'a.npy'),
    );
    await failure(() => parseNpy(header(`{'shape': (${'1, '.repeat(20000)}x`), 'a.npy'));
    expect(performance.now() - start).to.be.below(1000);
  });

  it('makes maps of arrays, and refuses other shapes', async () => {
    const map = asRaster({ type: 'i8', shape: [1, 2], data: BigInt64Array.of(-1n, 5n) }, 1, 'a.npy');
    expect(map).to.deep.equal({ height: 1, width: 2, channels: 1, data: Float32Array.of(-1, 5) });
    const bytes = { type: 'u1', shape: [1, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;
    expect(asRaster(bytes, 3, 'a.npy').data).to.equal(bytes.data);
    const { message } = await failure(() => asRaster({ ...bytes, shape: [3, 1, 2] }, 3, 'a.npy'));
    expect(message).to.match(/a\.npy: expected an array of shape \(height, width, 3\), found \(3, 1, 2\)/);
    const flat = await failure(() => asRaster({ ...bytes, shape: [6] }, 1, 'a.npy'));
    expect(flat.message).to.match(/\(height, width\) or \(height, width, 1\), found \(6\)/);
  });
});
