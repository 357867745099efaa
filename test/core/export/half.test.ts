import { expect } from 'chai';
import { largestHalf, toHalf } from '../../../core/export/graph/half.js';

/** IEEE 754 binary16, by its definition. */
function valueOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => ((bits >> 10) & 31) < 31);

describe('half precision', () => {
  it('keeps every number that it has', () => {
    expect([...toHalf(Float32Array.from(finite, valueOf))]).to.deep.equal(finite);
    expect(valueOf(0x7bff)).to.equal(largestHalf);
  });

  it('rounds to the nearest one, and to the even one of two', () => {
    const positive = finite.filter((bits) => bits < 0x7bff);
    const between = (share: number): Uint16Array =>
      toHalf(Float32Array.from(positive, (bits) => valueOf(bits) * (1 - share) + valueOf(bits + 1) * share));
    expect([...between(0.25)]).to.deep.equal(positive);
    expect([...between(0.75)]).to.deep.equal(positive.map((bits) => bits + 1));
    expect([...between(0.5)]).to.deep.equal(positive.map((bits) => bits + (bits % 2)));
  });
});
