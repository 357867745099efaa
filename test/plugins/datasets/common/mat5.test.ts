import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeMat5, parseMat5 } from '../../../../plugins/datasets/common/mat5.js';
import { fixtureJson, fixtures, sharedFile } from '../fixtures.js';
import { failure } from '../make.js';

const expected = fixtureJson('mat5.json') as Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>
>;
const files = ['mat5.mat', 'mat5-compressed.mat'] as const;
const read = (file: string): Buffer => readFileSync(join(fixtures, file));

describe('data sets: MATLAB 5 files', () => {
  for (const file of files) {
    it(`reads the numeric arrays that SciPy wrote, and passes the others over: ${file}`, () => {
      const arrays = parseMat5(read(file), file);
      expect([...arrays.keys()].sort()).to.deep.equal(Object.keys(expected).sort());
      for (const [name, { shape, data }] of arrays) {
        expect({ shape, values: [...data] }, name).to.deep.equal(expected[name]);
      }
    });
  }

  it('reads what it writes', () => {
    const lists = fc.array(fc.nat(65535), { maxLength: 50 });
    const property = fc.property(lists, lists, (trainNdxs, testNdxs) => {
      const arrays = parseMat5(encodeMat5({ trainNdxs, testNdxs }), 'a.mat');
      expect([...arrays.keys()]).to.deep.equal(['trainNdxs', 'testNdxs']);
      expect([...arrays.get('trainNdxs')!.data]).to.deep.equal(trainNdxs);
      expect(arrays.get('testNdxs')!.shape).to.deep.equal([testNdxs.length, 1]);
    });
    fc.assert(property);
  });

  it('reads big-endian files', () => {
    // One 1×2 array "a" of uint16, written by hand.
    const element = (type: number, data: number[]): number[] => [
      0,
      0,
      0,
      type,
      0,
      0,
      0,
      data.length,
      ...data,
    ];
    const body = [
      ...element(6, [0, 0, 0, 11, 0, 0, 0, 0]),
      ...element(5, [0, 0, 0, 1, 0, 0, 0, 2]),
      ...element(1, [97, 0, 0, 0, 0, 0, 0, 0]).with(7, 1),
      ...element(4, [1, 2, 3, 4, 0, 0, 0, 0]).with(7, 4),
    ];
    const header = Buffer.alloc(128, ' ');
    header.write('\x01\x00MI', 124, 'latin1');
    const arrays = parseMat5(Buffer.concat([header, Buffer.from(element(14, body))]), 'a.mat');
    expect(arrays.get('a')).to.deep.equal({ shape: [1, 2], data: Float64Array.of(258, 772) });
  });

  it('says what is wrong with a file, naming it', async () => {
    const other = await failure(() => parseMat5(Buffer.from('no such file'), 'a.mat'));
    expect(other.code).to.equal('DATA_INVALID');
    expect(other.message).to.match(/^a\.mat: expected a MATLAB 5 file, found another beginning; save it/);
    const torn = await failure(() => parseMat5(read('mat5.mat').subarray(0, 200), 'a.mat'));
    expect(torn.message).to.match(
      /a\.mat: expected elements that lie within the file, found one of \d+ bytes/,
    );
    const compressed = Buffer.from(read('mat5-compressed.mat'));
    compressed.fill(0x55, 140, 160);
    expect((await failure(() => parseMat5(compressed, 'a.mat'))).message).to.match(
      /compressed data that are whole/,
    );
  });

  it('lets no compressed part grow beyond its bound', async () => {
    const bomb = deflateSync(Buffer.alloc(64 * 2 ** 20));
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15);
    tag.writeUInt32LE(bomb.length, 4);
    const file = Buffer.concat([read('mat5.mat').subarray(0, 128), tag, bomb]);
    expect((await failure(() => parseMat5(file, 'a.mat'))).message).to.match(/of at most 4194304 bytes/);
  });

  it('reads, or says what is wrong with, any file', () => {
    const edits = fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const property = fc.property(
      fc.constantFrom(...files.map(read)),
      edits,
      fc.nat(8000),
      (file, changes, length) => {
        const mutated = Buffer.from(length < 4000 ? file.subarray(0, length) : file);
        for (const [at, value] of changes) if (at < mutated.length) mutated[at] = value;
        try {
          for (const { data } of parseMat5(mutated, 'a.mat').values()) {
            expect(data.byteLength).to.be.at.most(8 * 4 * 2 ** 20);
          }
        } catch (error) {
          expect(error).to.include({ name: 'MtlError', code: 'DATA_INVALID' });
        }
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });

  const splits = sharedFile('nyuv2', 'splits.mat');
  const present = existsSync(splits);
  (present ? it : it.skip)(
    `reads NYUv2's splits.mat${present ? '' : ' (skipped: it is not beside the repository)'}`,
    () => {
      const arrays = parseMat5(readFileSync(splits), splits);
      const [train, test] = [arrays.get('trainNdxs')!.data, arrays.get('testNdxs')!.data];
      expect([train.length, test.length]).to.deep.equal([795, 654]);
      expect([...train.subarray(0, 7)]).to.deep.equal([3, 4, 5, 6, 7, 8, 10]);
      expect(new Set([...train, ...test]).size).to.equal(1449);
      expect(Math.max(...train, ...test)).to.equal(1449);
    },
  );
});
