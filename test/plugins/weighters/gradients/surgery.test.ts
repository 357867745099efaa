import { expect } from 'chai';
import fc from 'fast-check';
import { MtlError, Random } from '../../../../core/index.js';
import { dot, total } from '../../../../plugins/weighters/common/linear-algebra.js';
import { gradvac, krum, pcgrad } from '../../../../plugins/weighters/index.js';
import { combine, difference, direction, gradients, gramianOf, longest, norm, weigh } from './matrices.js';

describe('PCGrad', () => {
  it('is the sum where nothing conflicts, or the mean', () => {
    fc.assert(
      fc.property(gradients(), (rows) => {
        const positive = rows.map((row) => row.map(Math.abs));
        expect(weigh(pcgrad, gramianOf(positive))).to.deep.equal(rows.map(() => 1));
        const mean = weigh(pcgrad, gramianOf(positive), { options: { reduction: 'mean' } });
        expect(mean).to.deep.equal(rows.map(() => 1 / rows.length));
      }),
    );
  });

  it('leaves two tasks orthogonal to each other’s conflict', () => {
    // g₁ − (g₁·g₂/‖g₂‖²) g₂ = (1, 0) + ½ (−1, 1), and g₂ + g₁ = (0, 1).
    expect(
      direction(pcgrad, [
        [1, 0],
        [-1, 1],
      ]),
    ).to.deep.equal([0.5, 1.5]);
  });

  it('has the gradients’ own definition, on vectors', () => {
    fc.assert(
      fc.property(gradients({ degenerate: true }), fc.nat(), (rows, seed) => {
        const stream = new Random(seed, 'weighter', 0);
        const projected = rows.map((row, i) => {
          let own = [...row];
          for (const j of stream.permutation(rows.length)) {
            const [other, product] = [rows[j]!, dot(own, rows[j]!)];
            // Opposed gradients leave rounding, which is no conflict.
            if (j === i || product >= -1e-12 * norm(other) ** 2) continue;
            own = own.map((value, index) => value - (product / dot(other, other)) * other[index]!);
          }
          return own;
        });
        const sum = combine(
          projected,
          rows.map(() => 1),
        );
        const found = combine(rows, weigh(pcgrad, gramianOf(rows), { seed }));
        expect(difference(found, sum)).to.be.lessThan(1e-9 * longest(rows) + 1e-300);
      }),
    );
  });
});

describe('GradVac', () => {
  const random = new Random(0);

  it('brings the cosine up to its target', () => {
    fc.assert(
      fc.property(
        gradients({ tasks: { min: 2, max: 2 }, length: { min: 5, max: 20 } }),
        fc.double({ min: -0.99, max: 0.99, noNaN: true }),
        (rows, target) => {
          const [left, right] = rows as [number[], number[]];
          const rule = gradvac.rule({ beta: 0 }, 2);
          // The second task's gradient stays as it is.
          rule.state = [
            [0, target],
            [-1, 0],
          ];
          const weights = rule.weigh(gramianOf(rows), { step: 0, losses: [1, 1], random })!;
          const first = combine(rows, [weights[0]!, weights[1]! - 1]);
          const cosine = dot(left, right) / norm(left) / norm(right);
          const after = dot(first, right) / norm(first) / norm(right);
          expect(after).to.be.closeTo(Math.max(cosine, target), 1e-9);
        },
      ),
    );
  });

  it('moves the targets towards the cosines seen', () => {
    const rule = gradvac.rule({ beta: 0.25 }, 2);
    const gramian = gramianOf([
      [1, 0],
      [1, 1],
    ]);
    for (const step of [0, 1]) rule.weigh(gramian, { step, losses: [1, 1], random });
    const target = (Math.SQRT1_2 * 7) / 16;
    const [[, first], [second]] = rule.state as [[number, number], [number, number]];
    expect(first).to.be.closeTo(target, 1e-15);
    expect(second).to.be.closeTo(target, 1e-15);
  });

  it('is PCGrad with targets of zero', () => {
    fc.assert(
      fc.property(gradients(), (rows) => {
        const step = { step: 0, losses: rows.map(() => 1) };
        const found = gradvac
          .rule({ beta: 0 }, rows.length)
          .weigh(gramianOf(rows), { ...step, random: new Random(1) })!;
        const other = pcgrad
          .rule({ reduction: 'sum' }, rows.length)
          .weigh(gramianOf(rows), { ...step, random: new Random(1) })!;
        expect(difference(combine(rows, found), combine(rows, other))).to.be.lessThan(1e-7 * longest(rows));
      }),
    );
  });

  it('has no target for a gradient that is zero', () => {
    const rule = gradvac.rule({ beta: 1 }, 2);
    expect(rule.weigh(gramianOf([[0], [1]]), { step: 0, losses: [1, 1], random })).to.deep.equal([1, 1]);
    expect(rule.state).to.deep.equal([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('Krum', () => {
  it('picks gradients: one, or the mean of several', () => {
    fc.assert(
      fc.property(
        gradients({ tasks: { min: 4, max: 8 }, degenerate: true }),
        fc.nat({ max: 1 }),
        fc.integer({ min: 1, max: 4 }),
        (rows, byzantine, select) => {
          const weights = weigh(krum, gramianOf(rows), { options: { byzantine, select } });
          expect(weights.filter((weight) => weight === 1 / select)).to.have.length(select);
          expect(total(weights)).to.be.closeTo(1, 1e-15);
        },
      ),
    );
  });

  it('picks the middle of a cluster, not what is far off', () => {
    const rows = [[100], [0], [1], [1.5], [2.25]];
    // Of the two nearest, 1.5 has 0.5² + 0.75², the least sum.
    expect(weigh(krum, gramianOf(rows), { options: { byzantine: 1 } })).to.deep.equal([0, 0, 0, 1, 0]);
    const two = weigh(krum, gramianOf(rows), { options: { byzantine: 1, select: 2 } });
    expect(two).to.deep.equal([0, 0, 0.5, 0.5, 0]);
  });

  it('says how many tasks it needs', () => {
    expect(() => krum.rule({ byzantine: 1, select: 1 }, 3)).to.throw(MtlError, 'at least 4 tasks');
    expect(() => krum.rule({ byzantine: 0, select: 5 }, 4)).to.throw(MtlError, 'at least 5 tasks');
  });
});
