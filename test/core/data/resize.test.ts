import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { resizeBilinear, resizeNearest } from '../../../core/index.js';
import { raster } from './samples.js';

interface Case {
  readonly shape: readonly [number, number, number];
  readonly to: readonly [number, number];
  readonly data: readonly number[];
  readonly bilinear: readonly number[];
  readonly nearest: readonly number[];
}

const { cases } = JSON.parse(readFileSync('test/oracles/values/resize.json', 'utf8')) as { cases: Case[] };

describe('resize', () => {
  for (const { shape, to, data, bilinear, nearest } of cases) {
    const [height, width, channels] = shape;
    const source = { height, width, channels, data: Float32Array.from(data) };
    const size = { height: to[0], width: to[1] };

    it(`gives PyTorch's bilinear values, ${height}×${width} → ${to.join('×')}`, () => {
      const { data: found, ...rest } = resizeBilinear(source, size);
      expect(rest).to.deep.equal({ ...size, channels });
      expect(found.length).to.equal(bilinear.length);
      found.forEach((value, at) => expect(value).to.be.closeTo(bilinear[at]!, 1e-6));
    });

    it(`gives PyTorch's nearest-exact values, ${height}×${width} → ${to.join('×')}`, () => {
      const { data: found, ...rest } = resizeNearest(source, size);
      expect(rest).to.deep.equal({ ...size, channels });
      expect([...found]).to.deep.equal([...Float32Array.from(nearest)]);
    });
  }

  it('takes a part as if it had been cut out first', () => {
    const whole = raster(Float32Array, 9, 8, 2, (y, x, channel) => Math.sin(y * 31 + x * 7 + channel));
    const part = raster(Float32Array, 4, 5, 2, (y, x, channel) =>
      Math.sin((y + 3) * 31 + (x + 2) * 7 + channel),
    );
    const box = { top: 3, left: 2, height: 4, width: 5 };
    const size = { height: 7, width: 11 };
    expect(resizeBilinear(whole, size, box)).to.deep.equal(resizeBilinear(part, size));
    expect(resizeNearest(whole, size, box)).to.deep.equal(resizeNearest(part, size));
  });

  it('rounds whole numbers, and keeps the type of the data', () => {
    const source = { height: 1, width: 2, channels: 1, data: Uint8Array.of(0, 255) };
    expect(resizeBilinear(source, { height: 1, width: 4 }).data).to.deep.equal(
      Uint8Array.of(0, 64, 191, 255),
    );
    const ids = { height: 1, width: 2, channels: 1, data: Int32Array.of(-3, 70000) };
    expect(resizeNearest(ids, { height: 2, width: 2 }).data).to.deep.equal(
      Int32Array.of(-3, 70000, -3, 70000),
    );
  });
});
