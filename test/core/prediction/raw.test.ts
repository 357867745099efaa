import { expect } from 'chai';
import fc from 'fast-check';
import { decodeRaw, encodeRaw, type DecodedInfo, type Raster } from '../../../core/index.js';

const depth: DecodedInfo = { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] };
const share: DecodedInfo = { kind: 'numbers', unit: 'probability', range: [0, 1] };

function row(values: readonly number[], channels = 1): Raster<Float32Array> {
  return { height: 1, width: values.length / channels, channels, data: Float32Array.from(values) };
}

/** @returns the step, and what is read back */
function there(raster: Raster, info: DecodedInfo | undefined) {
  const { encoding, picture } = encodeRaw(raster, info);
  return { encoding, picture, back: [...decodeRaw(picture, encoding).data] };
}

/** Half a step, and what float32 adds to it. */
function expectClose(back: readonly number[], values: Raster['data'], step: number): void {
  back.forEach((value, at) => {
    const error = Math.abs(value - values[at]!);
    expect(error, `${values[at]} → ${value}`).to.be.at.most(step / 2 + 1e-6 * Math.abs(values[at]!));
  });
}

describe('a raw prediction', () => {
  const positive = fc.array(fc.float({ min: Math.fround(0.01), max: 40, noNaN: true }), { minLength: 1 });

  it('gives depths back within half a step, by one step for all pictures', () => {
    fc.assert(
      fc.property(positive, (values) => {
        const raster = row(values);
        const { encoding, back } = there(raster, depth);
        expect(encoding).to.deep.equal({
          kind: 'numbers',
          bits: 16,
          channels: 1,
          scale: 0.001,
          offset: 0,
          invalid: 0,
        });
        expectClose(back, raster.data, encoding.scale);
      }),
    );
  });

  it('takes a coarser step where values are beyond all expectation', () => {
    const { encoding, back } = there(row([1, 5000]), depth);
    expect(encoding.scale).to.be.closeTo(0.001 * 2 ** 7, 1e-12);
    expectClose(back, Float32Array.of(1, 5000), encoding.scale);
  });

  it('says that there is no depth where it is not above 0', () => {
    expect(there(row([-1, 0, 2]), depth).back).to.deep.equal([NaN, NaN, 2]);
  });

  it('gives class ids back as they are, in 8 bits where they fit', () => {
    const few: DecodedInfo = {
      kind: 'classes',
      names: Array.from({ length: 256 }, String),
      colors: [],
      void: 255,
    };
    const many: DecodedInfo = { ...few, names: [...few.names, 'one more'] };
    const ids = Int32Array.from({ length: 256 }, (_, id) => id);
    const raster: Raster = { height: 16, width: 16, channels: 1, data: ids };
    for (const [info, bits] of [
      [few, 8],
      [many, 16],
      [undefined, 16],
    ] as const) {
      const { encoding, picture, back } = there(raster, info);
      expect(encoding.bits).to.equal(bits);
      expect(picture.data.BYTES_PER_ELEMENT).to.equal(bits / 8);
      expect(back).to.deep.equal([...ids]);
    }
  });

  it('refuses ids that fit nowhere', () => {
    const raster: Raster = { height: 1, width: 1, channels: 1, data: Int32Array.of(-3) };
    expect(() => encodeRaw(raster, undefined)).to.throw('expected ids from 0 to 65535, found -3');
  });

  it('spreads numbers of a range over 16 bits, its ends exact', () => {
    const values = fc.array(fc.float({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(values, (inner) => {
        const raster = row([0, ...inner, 1]);
        const { encoding, back } = there(raster, share);
        expect(encoding).to.not.have.property('invalid');
        expectClose(back, raster.data, 1 / 65535);
        expect([back[0], back.at(-1)]).to.deep.equal([0, 1]);
      }),
    );
  });

  it('gives directions back within half a step, and none where there is none', () => {
    const raster = row([0, 0, 1, -1, 0, 0, 0.6, -0.8, 0, 0, 0, 0], 3);
    const { encoding, back } = there(raster, { kind: 'directions' });
    expect(encoding).to.include({ kind: 'directions', bits: 16, channels: 3, invalid: 0 });
    expectClose(back.slice(0, 9), raster.data, encoding.scale);
    expect(back.slice(9)).to.deep.equal([NaN, NaN, NaN]);
  });

  it('spreads what nobody describes over the numbers that there are', () => {
    const values = fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, (all) => {
        const raster = row(all);
        const { encoding, back } = there(raster, undefined);
        expectClose(back, raster.data, encoding.scale);
      }),
    );
    expect(there(row([NaN, 1, Infinity, 3, -Infinity]), undefined).back).to.deep.equal([NaN, 1, NaN, 3, NaN]);
  });
});
