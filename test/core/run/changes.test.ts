import { expect } from 'chai';
import { changes } from '../../../core/run/changes.js';

describe('changes between two configs', () => {
  it('are key paths with what stood and what stands there', () => {
    const before = { a: 1, b: { c: [1, 2], d: 'x', e: null }, f: { g: 1 } };
    const now = { a: 1, b: { c: [1, 3], d: 'x', e: { h: 1 } }, i: true };
    expect(changes(before, now)).to.deep.equal([
      'b.c ([1,2], now [1,3])',
      'b.e (null, now {"h":1})',
      'f ({"g":1}, now nothing)',
      'i (nothing, now true)',
    ]);
  });

  it('are none where the two say the same in another order', () => {
    expect(changes({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).to.deep.equal([]);
  });
});
