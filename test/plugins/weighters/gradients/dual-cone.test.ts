import { expect } from 'chai';
import fc from 'fast-check';
import { dot, total } from '../../../../plugins/weighters/common/linear-algebra.js';
import { cagrad, dualproj, upgrad } from '../../../../plugins/weighters/index.js';
import {
  agreeing,
  combine,
  difference,
  direction,
  gradients,
  gramianOf,
  independent,
  longest,
  norm,
  weigh,
  type Gradients,
} from './matrices.js';

/** Rounding of double precision, relative, with room for the conditions of the random matrices. */
const close = 1e-9;

describe('CAGrad', () => {
  const c = 0.5;

  it('stays in the ball, and no point of it is better for the worst task: the dual has the same value', () => {
    fc.assert(
      fc.property(fc.oneof(gradients(), independent(true), agreeing), (rows) => {
        const tasks = rows.length;
        const weights = weigh(cagrad, gramianOf(rows), { options: { c, rescale: 0 } });
        const mean = combine(
          rows,
          rows.map(() => 1 / tasks),
        );
        const combined = combine(rows, weights);
        const radius = c * norm(mean);
        expect(difference(combined, mean)).to.be.at.most(radius * (1 + 1e-7));
        const worst = Math.min(...rows.map((row) => dot(row, combined)));
        // Any w on the simplex bounds the best worst case from above: d·g_w ≤ g₀·g_w + radius ‖g_w‖.
        const added = weights.map((weight) => Math.max(0, weight - 1 / tasks));
        const sum = total(added);
        fc.pre(sum > 1e-9);
        const dual = combine(
          rows,
          added.map((value) => value / sum),
        );
        const bound = dot(dual, mean) + radius * norm(dual);
        expect(bound - worst).to.be.within(-1e-9 * longest(rows) ** 2, 1e-7 * longest(rows) ** 2);
      }),
      { numRuns: 300 },
    );
  });

  it('is the mean gradient at c = 0, and divides as its code does', () => {
    const gramian = gramianOf([
      [1, 0],
      [-1, 1],
    ]);
    expect(weigh(cagrad, gramian, { options: { c: 0 } })).to.deep.equal([0.5, 0.5]);
    const [whole, first, second] = [0, 1, 2].map((rescale) =>
      weigh(cagrad, gramian, { options: { rescale } }),
    );
    expect(whole![0]! / first![0]!).to.be.closeTo(1.25, 1e-15);
    expect(whole![0]! / second![0]!).to.be.closeTo(1.5, 1e-15);
  });

  it('takes the nearest conflict-free gradient where opposed ones leave no common ascent', () => {
    // The first two bar their axis, and the nearest gradient without it lies in the ball.
    const rows = [
      [1, 0],
      [-1, 0],
      [0.1, 1],
    ];
    const combined = direction(cagrad, rows, { rescale: 0 });
    expect(difference(combined, direction(dualproj, rows))).to.be.lessThan(close);
    expect(combined[0]).to.be.closeTo(0, close);
  });
});

describe('UPGrad and DualProj', () => {
  it('UPGrad is the mean of the gradients’ projections, each found by descent', () => {
    fc.assert(
      fc.property(gradients({ tasks: { min: 1, max: 4 }, degenerate: true }), (rows) => {
        const projected = rows.map((row) => projection(rows, row));
        const mean = combine(
          projected,
          rows.map(() => 1 / rows.length),
        );
        expect(difference(direction(upgrad, rows), mean)).to.be.lessThan(1e-6 * longest(rows) + 1e-12);
      }),
      { numRuns: 50 },
    );
  });

  it('DualProj is the mean’s projection', () => {
    fc.assert(
      fc.property(gradients({ tasks: { min: 1, max: 4 }, degenerate: true }), (rows) => {
        const mean = combine(
          rows,
          rows.map(() => 1 / rows.length),
        );
        const found = direction(dualproj, rows);
        expect(difference(found, projection(rows, mean))).to.be.lessThan(1e-6 * longest(rows) + 1e-12);
      }),
      { numRuns: 50 },
    );
  });

  /** Onto { d : Gd ≥ 0 } by Dykstra's cyclic projections onto half-spaces: slow, but nothing in common with the solver. */
  function projection(rows: Gradients, start: readonly number[]): number[] {
    let point = [...start];
    const corrections = rows.map(() => 0);
    const squares = rows.map((row) => dot(row, row));
    for (let round = 0; round < 20_000; round++) {
      const before = point;
      rows.forEach((row, task) => {
        if (squares[task] === 0) return;
        const lifted = point.map((value, index) => value - corrections[task]! * row[index]!);
        corrections[task] = Math.max(0, -dot(row, lifted) / squares[task]!);
        point = lifted.map((value, index) => value + corrections[task]! * row[index]!);
      });
      if (difference(before, point) <= 1e-14 * norm(start)) break;
    }
    return point;
  }
});
