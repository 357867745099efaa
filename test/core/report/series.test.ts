import { expect } from 'chai';
import fc from 'fast-check';
import { extremes, means, type Point } from '../../../core/report/series.js';

/** Curves with a point for each step, as runs have them. */
const curve = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 400 })
  .map((values) => values.map((value, step): Point => [step, value]));

const count = fc.integer({ min: 1, max: 40 });

const xs = (points: readonly Point[]): number[] => points.map(([x]) => x);
const ys = (points: readonly Point[]): number[] => points.map(([, y]) => y);

describe('thinning of curves', () => {
  it('keeps the lowest and the highest point, in order, and adds none', () => {
    fc.assert(
      fc.property(curve, count, (points, buckets) => {
        const thin = extremes(points, buckets);
        expect(Math.min(...ys(thin))).to.equal(Math.min(...ys(points)));
        expect(Math.max(...ys(thin))).to.equal(Math.max(...ys(points)));
        expect(xs(thin)).to.deep.equal(xs(thin).toSorted((a, b) => a - b));
        for (const point of thin) expect(points).to.include(point);
        expect(thin.length).to.be.at.most(Math.max(2 * buckets, 1));
      }),
    );
  });

  it('gives a short curve as it is', () => {
    fc.assert(
      fc.property(curve, (points) => {
        expect(extremes(points, points.length)).to.deep.equal(points);
        expect(means(points, points.length)).to.deep.equal(points);
      }),
    );
  });

  it('smooths by means: within the extremes, in order, and of equal weight where the buckets are equal', () => {
    fc.assert(
      fc.property(curve, count, (points, buckets) => {
        const smooth = means(points, buckets);
        expect(smooth.length).to.be.at.most(buckets);
        expect(xs(smooth)).to.deep.equal(xs(smooth).toSorted((a, b) => a - b));
        for (const y of ys(smooth)) {
          expect(y).to.be.within(Math.min(...ys(points)) - 1e-6, Math.max(...ys(points)) + 1e-6);
        }
      }),
    );
    const saw = Array.from({ length: 12 }, (_, step): Point => [step, step % 2]);
    expect(ys(means(saw, 3))).to.deep.equal([0.5, 0.5, 0.5]);
  });

  it('leaves out what is no number', () => {
    const points: Point[] = [
      [0, 1],
      [1, NaN],
      [2, Infinity],
      [3, 4],
    ];
    expect(extremes(points, 10)).to.deep.equal([
      [0, 1],
      [3, 4],
    ]);
    expect(means([[0, NaN]], 10)).to.deep.equal([]);
  });

  it('keeps a gap in a curve', () => {
    const points = [...Array(50).keys(), 500].map((x): Point => [x, 1]);
    expect(xs(means(points, 10))).to.deep.equal([24.5, 500]);
  });
});
