import { expect } from 'chai';
import fc from 'fast-check';
import { Random } from '../../../../core/index.js';
import { combinedNorm, dot, multiply, total } from '../../../../plugins/weighters/common/linear-algebra.js';
import { symmetricEigen } from '../../../../plugins/weighters/common/symmetric-eigen.js';
import { alignment } from '../../../../plugins/weighters/gradients/aligned-mtl.js';
import {
  alignedMtl,
  conflictFree,
  fairgrad,
  imtlG,
  mgda,
  nashMtl,
  random as randomWeights,
} from '../../../../plugins/weighters/index.js';
import {
  agreeing,
  combine,
  difference,
  direction,
  gradients,
  gramianOf,
  independent,
  norm,
  weigh,
} from './matrices.js';

/** Rounding of double precision, relative, with room for the conditions of the random matrices. */
const close = 1e-9;

describe('random', () => {
  it('draws weights on the simplex, others in each step', () => {
    const gramian = gramianOf([[1], [1], [1]]);
    const [first, second] = [0, 1].map((step) => weigh(randomWeights, gramian, { step }));
    expect(total(first!)).to.be.closeTo(1, 1e-15);
    expect(first!.every((weight) => weight > 0)).to.equal(true);
    expect(second).to.not.deep.equal(first);
  });
});

describe('MGDA', () => {
  it('has the least norm in the hull: g_t·d ≥ ‖d‖² for all t', () => {
    fc.assert(
      fc.property(gradients({ degenerate: true, scaled: true }), (rows) => {
        const weights = weigh(mgda, gramianOf(rows));
        const products = multiply(gramianOf(rows), weights);
        const square = dot(weights, products);
        const size = dot(weights, rows.map(norm));
        expect(total(weights)).to.be.closeTo(1, 1e-12);
        expect(Math.min(...weights)).to.be.at.least(0);
        // A d whose square is within the Gramian's rounding of zero is zero: no more can be asked of it.
        if (square <= rows.length * 2 ** -48 * size * size) return;
        products.forEach((product, task) => {
          expect(product - square).to.be.at.least(-1e-12 * size * Math.max(size, norm(rows[task]!)));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('seeks the weights for normalised gradients if told so', () => {
    const gramian = gramianOf([
      [4, 0],
      [0, 2],
    ]);
    const found = (normalize: string): readonly number[] =>
      weigh(mgda, gramian, { options: { normalize }, losses: [8, 4] });
    // Of orthogonal gradients the squares' reciprocals.
    expect(found('none')[0]).to.be.closeTo(4 / 20, 1e-15);
    expect(found('l2')[0]).to.be.closeTo(1 / 2, 1e-15);
    expect(found('loss')[0]).to.be.closeTo(1 / 2, 1e-15);
    expect(found('loss+l2')[0]).to.be.closeTo(64 / 80, 1e-15);
  });

  it('divides by nothing that is zero', () => {
    const weights = weigh(mgda, gramianOf([[0], [1]]), { options: { normalize: 'loss+l2' }, losses: [0, 0] });
    expect(weights).to.deep.equal([1, 0]);
  });
});

describe('IMTL-G', () => {
  it('projects equally onto all unit gradients, with weights of sum one', () => {
    fc.assert(
      fc.property(independent(), (rows) => {
        const weights = weigh(imtlG, gramianOf(rows));
        const combined = combine(rows, weights);
        expect(total(weights)).to.be.closeTo(1, close);
        for (const row of rows)
          expect(dot(row, combined) / norm(row)).to.be.closeTo(
            dot(rows[0]!, combined) / norm(rows[0]!),
            close * norm(combined),
          );
      }),
    );
  });

  it('has no weights where there are none, for opposed gradients', () => {
    expect(
      weigh(
        imtlG,
        gramianOf([
          [1, 2],
          [-3, -6],
        ]),
      ),
    ).to.deep.equal([0, 0]);
  });
});

describe('ConFIG', () => {
  it('has equal cosines, and the length of all projections together', () => {
    fc.assert(
      fc.property(independent(true), (rows) => {
        const combined = direction(conflictFree, rows);
        const cosines = rows.map((row) => dot(row, combined) / norm(row) / norm(combined));
        cosines.forEach((cosine) => expect(cosine).to.be.closeTo(cosines[0]!, close));
        const sum = total(rows.map((row) => dot(row, combined))) / norm(combined);
        expect(norm(combined) / sum).to.be.closeTo(1, close);
      }),
    );
  });

  it('leaves opposed gradients as they are', () => {
    expect(
      weigh(
        conflictFree,
        gramianOf([
          [1, 2],
          [-3, -6],
        ]),
      ),
    ).to.deep.equal([0, 0]);
  });
});

describe('Nash-MTL', () => {
  it('solves Mα = 1/α', () => {
    fc.assert(
      fc.property(fc.oneof(independent(true), agreeing), (rows) => {
        const weights = weigh(nashMtl, gramianOf(rows), { options: { maxNorm: 0 } });
        multiply(gramianOf(rows), weights).forEach((product, task) => {
          expect(product * weights[task]!).to.be.closeTo(1, close);
        });
        expect(combinedNorm(gramianOf(rows), weights)).to.be.closeTo(Math.sqrt(rows.length), close);
      }),
      { numRuns: 300 },
    );
  });

  it('cuts to the greatest norm, keeps weights between updates, and makes no bargain where there is none', () => {
    const rows = [
      [3, 1],
      [0, 2],
    ];
    expect(norm(direction(nashMtl, rows))).to.be.closeTo(1, close);
    expect(norm(direction(nashMtl, rows, { maxNorm: 0.25 }))).to.be.closeTo(0.25, close);
    expect(weigh(nashMtl, gramianOf([[1], [-1]]))).to.deep.equal([0, 0]);
    const rule = nashMtl.rule({ every: 2, maxNorm: 0 }, 2);
    const walk = [
      rows,
      [
        [5, 1],
        [1, 1],
      ],
      [
        [5, 1],
        [1, 1],
      ],
    ].map((gradients, step) =>
      rule.weigh(gramianOf(gradients), { step, losses: [1, 1], random: new Random(0) }),
    );
    expect(walk[1]).to.deep.equal(walk[0]);
    expect(walk[2]).to.not.deep.equal(walk[0]);
  });
});

describe('FairGrad', () => {
  for (const alpha of [0.05, 0.5, 1, 2, 5, 20]) {
    // Near 0 the weights of gradients of such different norms are further apart than double precision reaches.
    it(`solves Mw = w^(−1/α), α = ${alpha}`, () => {
      fc.assert(
        fc.property(fc.oneof(independent(alpha >= 0.5), agreeing), (rows) => {
          const weights = weigh(fairgrad, gramianOf(rows), { options: { alpha } });
          multiply(gramianOf(rows), weights).forEach((product, task) => {
            const weight = weights[task]!;
            // What rounding makes of the sum M_t·w, whose terms can cancel.
            const terms = dot(gramianOf(rows)[task]!.map(Math.abs), weights);
            const rounding = (8 * rows.length * 2 ** -52 * terms) / product;
            expect(weight).to.be.greaterThan(0);
            // In logarithms, for the powers reach far.
            expect(Math.log(product) + Math.log(weight) / alpha).to.be.closeTo(
              0,
              close * Math.max(1, 1 / alpha) + rounding,
            );
          });
        }),
        { numRuns: 400 },
      );
    });
  }
});

describe('Aligned-MTL', () => {
  for (const scale of ['min', 'median', 'rmse'] as const) {
    it(`aligns to condition number one, and sums: ${scale}`, () => {
      fc.assert(
        fc.property(gradients({ degenerate: true }), (rows) => {
          const gramian = gramianOf(rows);
          const balance = alignment(gramian, scale);
          const aligned = balance.map((left) => balance.map((right) => dot(multiply(gramian, left), right)));
          const largest = symmetricEigen(gramian).values[0]!;
          // The rest is the gradients' null space.
          const values = symmetricEigen(aligned).values.filter(
            (value) => value > 1e-6 * symmetricEigen(aligned).values[0]!,
          );
          const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
          expect(first - last).to.be.at.most(1e-6 * first);
          expect(first).to.be.at.most(largest * (1 + close));
          balance.forEach((row, task) =>
            expect(weigh(alignedMtl, gramian, { options: { scale } })[task]).to.equal(total(row)),
          );
        }),
      );
    });
  }

  it('takes the least, the lower median or the root mean square of the components', () => {
    const rows = [
      [4, 0, 0, 0],
      [0, 3, 0, 0],
      [0, 0, 2, 0],
      [0, 0, 0, 1],
    ];
    const lengths = { min: 1, median: 2, rmse: Math.sqrt(30 / 4) };
    for (const [scale, length] of Object.entries(lengths))
      expect(
        difference(direction(alignedMtl, rows, { scale }), [length, length, length, length]),
      ).to.be.lessThan(1e-14);
  });
});
