import { expect } from 'chai';
import * as fc from 'fast-check';
import Fraction from 'fraction.js';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distancesOfMeans, drawnDistances } from '../../examples/proposition/means.js';
import { quantities, type Outcome } from '../../examples/proposition/quantities.js';
import { repositoryRoot } from '../repository.js';

/** Few values, so that conditions often have several outcomes and E[Z|X] is often the same for several x. */
const outcome = fc.record({
  x: fc.integer({ min: 0, max: 4 }),
  y: fc.integer({ min: -3, max: 3 }),
  z: fc.integer({ min: -1, max: 1 }),
  weight: fc.integer({ min: 1, max: 5 }),
});
const distribution = fc.array(outcome, { minLength: 1, maxLength: 12 });

/** E[Z|X] is another number for each x: z = 10 x in the mean. */
const telling = distribution.map((outcomes): Outcome[] =>
  outcomes.flatMap((each) => [-1, 1].map((noise) => ({ ...each, z: 10 * each.x + noise }))),
);

/** The law of total variance, from its own sums: E[Var(U|V)] = E[U²] − E[E[U|V]²], in floating point. */
function varianceLeft(outcomes: readonly Outcome[]): number {
  const mean = (
    of: readonly Outcome[],
    value: (one: Outcome) => number,
    key: (one: Outcome) => unknown,
  ): ((one: Outcome) => number) => {
    return (one) => {
      const same = of.filter((other) => key(other) === key(one));
      const total = same.reduce((sum, { weight }) => sum + weight, 0);
      return same.reduce((sum, other) => sum + other.weight * value(other), 0) / total;
    };
  };
  const U = mean(outcomes, ({ y }) => y, ({ x }) => x); // prettier-ignore
  const V = mean(outcomes, ({ z }) => z, ({ x }) => x); // prettier-ignore
  // Small whole numbers: means that are equal differ by rounding alone.
  const ofV = mean(outcomes, U, (one) => Math.round(V(one) * 1e6));
  const all = mean(outcomes, (one) => U(one) ** 2 - ofV(one) ** 2, () => 0); // prettier-ignore
  return all(outcomes[0]!);
}

describe('the proposition', () => {
  it('0 = XTC = ALIGN ≤ ξ where E[Z|X] tells E[Y|X], for any distribution', () => {
    fc.assert(
      fc.property(telling, (outcomes) => {
        const { consistency, alignment, noise, determined } = quantities(outcomes);
        expect(determined).to.equal(true);
        expect(consistency.equals(0) && alignment.equals(0)).to.equal(true);
        expect(noise.gte(0)).to.equal(true);
      }),
    );
  });

  it('XTC = ALIGN = E[Var(E[Y|X] | E[Z|X])] in general, which is 0 only where E[Z|X] tells E[Y|X]', () => {
    const seen = { determined: 0, undetermined: 0 };
    fc.assert(
      fc.property(distribution, (outcomes) => {
        const { consistency, alignment, determined } = quantities(outcomes);
        expect(consistency.equals(alignment)).to.equal(true);
        expect(consistency.equals(0)).to.equal(determined);
        expect(consistency.valueOf()).to.be.closeTo(varianceLeft(outcomes), 1e-9);
        seen[determined ? 'determined' : 'undetermined'] += 1;
      }),
      { numRuns: 300 },
    );
    expect(seen.determined).to.be.above(10);
    expect(seen.undetermined).to.be.above(10);
  });

  it('the least alignment loss is ξ more than the least consistency loss, for any distribution', () => {
    fc.assert(
      fc.property(distribution, (outcomes) => {
        const { consistency, noise, alignmentLoss } = quantities(outcomes);
        expect(alignmentLoss.equals(consistency.add(noise))).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });

  it('has a counter-example: Y = X without noise, Z blind to the sign', () => {
    const outcomes = [-1, 1].map((x) => ({ x, y: x, z: x ** 2, weight: 1 }));
    const { consistency, alignment, noise, determined } = quantities(outcomes);
    expect([consistency, alignment, noise].map(Number)).to.deep.equal([1, 1, 0]);
    expect(determined).to.equal(false);
  });

  it('of means of n draws: exactly what the sum over all ways to draw gives', () => {
    const outcomes: Outcome[] = [
      { x: 0, y: 1, z: 0, weight: 2 },
      { x: 0, y: 4, z: 0, weight: 1 },
      { x: 1, y: 0, z: 0, weight: 3 },
    ];
    // E[Z|X] is 0 everywhere: one cell, U = 2 with probability ½, 0 with ½.
    const cell = outcomes.map(({ x, y, weight }) => ({ u: x === 0 ? 2 : 0, y, p: new Fraction(weight, 6) }));
    for (const draws of [1, 2, 3]) {
      const sums = { u: new Fraction(0), y: new Fraction(0) };
      let ways: (typeof cell)[] = [[]];
      for (let draw = 0; draw < draws; draw++) ways = ways.flatMap((way) => cell.map((one) => [...way, one]));
      for (const way of ways) {
        for (const { u, p } of cell) {
          const probability = way.reduce((product, one) => product.mul(one.p), p);
          for (const key of ['u', 'y'] as const) {
            const mean = new Fraction(
              way.reduce((sum, one) => sum + one[key], 0),
              draws,
            );
            sums[key] = sums[key].add(mean.sub(u).pow(2).mul(probability));
          }
        }
      }
      const { consistency, alignment } = distancesOfMeans(outcomes, draws);
      expect(consistency.toFraction()).to.equal(sums.u.toFraction());
      expect(alignment.toFraction()).to.equal(sums.y.toFraction());
    }
  });

  it('of means of n draws: ALIGN is ξ/n above XTC, so that 0 = XTC ≤ ALIGN ≤ ξ where Z tells Y', () => {
    fc.assert(
      fc.property(telling, distribution, fc.integer({ min: 1, max: 9 }), (told, any, draws) => {
        const general = distancesOfMeans(any, draws);
        const gap = general.alignment.sub(general.consistency);
        expect(gap.equals(quantities(any).noise.div(draws))).to.equal(true);
        const { consistency, alignment } = distancesOfMeans(told, draws);
        expect(consistency.equals(0)).to.equal(true);
        expect(alignment.gte(0) && alignment.lte(quantities(told).noise)).to.equal(true);
      }),
    );
  });

  it('draws come to what the formula says', () => {
    const outcomes = [0, 1].flatMap((x) => [-1, 1].map((noise) => ({ x, y: x + noise, z: 0, weight: 1 })));
    const drawn = drawnDistances(outcomes, { draws: 2, trials: 20_000, seed: 1 });
    const exact = distancesOfMeans(outcomes, 2);
    expect(drawn.consistency).to.be.closeTo(exact.consistency.valueOf(), 0.02);
    expect(drawn.alignment).to.be.closeTo(exact.alignment.valueOf(), 0.03);
  });

  it('the example trains both, prints the exact quantities and draws a picture', () => {
    const folder = mkdtempSync(join(tmpdir(), 'proposition-'));
    try {
      const file = join(folder, 'proposition.png');
      const script = join(repositoryRoot(), 'dist', 'examples', 'proposition.js');
      const { stdout, stderr } = spawnSync(process.execPath, [script, file, '200'], { encoding: 'utf8' });
      expect(stderr).to.equal('');
      const [tells, blind] = stdout.split('\n');
      expect(tells).to.match(/: consistency 0, alignment 0, noise 1, least alignment loss 1; trained: /);
      expect(blind).to.match(
        /: consistency 5\/3, alignment 5\/3, noise 1, least alignment loss 8\/3; trained: /,
      );
      const [told, lost] = [tells!, blind!].map((line) =>
        [...line.matchAll(/trained: consistency (\S+), alignment (\S+)/g)].flatMap((match) =>
          match.slice(1).map(Number),
        ),
      );
      // As the proposition has it where Z tells Y; above ξ_Y = 1 where it does not.
      expect(told![0]).to.be.below(0.02);
      expect(told![1]).to.be.above(told![0]!).and.below(1);
      for (const distance of lost!) expect(distance).to.be.above(1);
      expect(readFileSync(file).subarray(1, 4).toString()).to.equal('PNG');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
