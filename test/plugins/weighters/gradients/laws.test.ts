import { expect } from 'chai';
import fc from 'fast-check';
import type { z } from 'zod';
import { Random, type Matrix } from '../../../../core/index.js';
import { weighters } from '../../../../plugins/weighters/index.js';
import type { GramianPart } from '../../../../plugins/weighters/common/gramian-method.js';
import { dot } from '../../../../plugins/weighters/common/linear-algebra.js';
import {
  difference,
  direction,
  gradients,
  gramianOf,
  independent,
  longest,
  norm,
  normals,
  ruleOf,
  weigh,
  type Gradients,
} from './matrices.js';

/** All but the two of double sampling, which have tests of their own. */
const methods = weighters as unknown as Record<Name, GramianPart>;
type Name = (typeof names)[number];
const names = [
  'alignedMtl',
  'cagrad',
  'conflictFree',
  'dualproj',
  'fairgrad',
  'gradvac',
  'imtlG',
  'krum',
  'mean',
  'mgda',
  'nashMtl',
  'pcgrad',
  'random',
  'sum',
  'upgrad',
] as const;
const drawn: readonly Name[] = ['random', 'pcgrad', 'gradvac'];
const fewest = (name: Name): number => (name === 'krum' ? 3 : 1);

/** d is d·s where all gradients are times s; α-fair weights are s^(−2α/(1+α)) of what they were (α = 1: s⁻¹). */
const degrees: Partial<Record<Name, number>> = { nashMtl: 0, fairgrad: 0 };

/**
 * Rounding: gradients and Gramians up to 1e-15 of their size, which the square root of a norm that all but vanishes
 * brings to 3e-8 in the worst case, and to 1e-9 away from it.
 */
const close = 1e-9;

const applies = (name: Name, rows: Gradients): boolean => rows.length >= fewest(name);

describe('gradient methods: laws of all', () => {
  for (const name of names) {
    const part = methods[name];

    it(`${name} gives finite weights, whatever the gradients are`, () => {
      fc.assert(
        fc.property(gradients({ degenerate: true, scaled: true }), (rows) => {
          fc.pre(applies(name, rows));
          const weights = weigh(part, gramianOf(rows));
          expect(weights).to.have.length(rows.length);
          expect(weights.every(Number.isFinite), String(weights)).to.equal(true);
        }),
      );
    });

    it(`${name} gives finite weights for nothing but zeros, and for one task`, () => {
      for (const tasks of [1, 2, 3, 40].filter((count) => count >= fewest(name))) {
        const zeros = Array.from({ length: tasks }, () => Array.from({ length: tasks }, () => 0));
        expect(weigh(part, zeros).every(Number.isFinite)).to.equal(true);
      }
      if (fewest(name) > 1) return;
      const [weight] = weigh(part, [[4]]);
      expect(weight! * 2, 'along the gradient').to.be.greaterThan(0);
    });

    it(`${name} works with 40 tasks, more than dimensions or fewer`, () => {
      for (const columns of [7, 100]) {
        const random = new Random(3, name, columns);
        const rows = Array.from({ length: 40 }, () => normals(random, columns));
        expect(weigh(part, gramianOf(rows)).every(Number.isFinite)).to.equal(true);
      }
    });

    it(`${name} says in its schema what its options are`, () => {
      expect(part.description).to.match(/\.$/);
      for (const [option, schema] of Object.entries(part.options.shape))
        expect((schema as z.ZodType).description, option).to.be.a('string');
    });

    if (!drawn.includes(name)) {
      it(`${name} does not mind the order of the tasks`, () => {
        fc.assert(
          fc.property(independent(), fc.nat(), (rows, seed) => {
            // Of three tasks, two are nearest to each other and have one score: Krum takes the first.
            fc.pre(rows.length >= (name === 'krum' ? 4 : 1));
            const order = [...new Random(seed).permutation(rows.length)];
            const swapped = order.map((task) => rows[task]!);
            const [before, after] = [direction(part, rows), direction(part, swapped)];
            expect(difference(before, after)).to.be.lessThan(close * longest(rows));
          }),
        );
      });
    }

    it(`${name} scales with all gradients together`, () => {
      fc.assert(
        fc.property(independent(), fc.integer({ min: -10, max: 10 }), (rows, exponent) => {
          fc.pre(applies(name, rows));
          const scale = 10 ** exponent;
          const scaled = rows.map((row) => row.map((value) => value * scale));
          const expected = scale ** (degrees[name] ?? 1);
          const once = direction(part, rows).map((value) => value * expected);
          expect(difference(direction(part, scaled), once)).to.be.lessThan(
            close * Math.max(1e-300, norm(once)),
          );
        }),
      );
    });

    it(`${name} draws the same with the same seed and goes on from a saved state`, () => {
      const random = new Random(5);
      const steps: Matrix[] = Array.from({ length: 4 }, () =>
        gramianOf(Array.from({ length: 4 }, () => normals(random, 9))),
      );
      const walk = (from: number, state: unknown): [readonly number[], unknown] => {
        const rule = ruleOf(part, 4);
        if (state !== undefined) rule.state = state as NonNullable<typeof rule.state>;
        let last: readonly number[] = [];
        let middle: unknown;
        for (const [step, gramian] of steps.entries()) {
          if (step < from) continue;
          last = rule.weigh(gramian, { step, losses: [1, 1, 1, 1], random: new Random(0, step) })!;
          if (step === 1) middle = JSON.parse(JSON.stringify(rule.state ?? null)) ?? undefined;
        }
        return [last, middle];
      };
      const [whole, middle] = walk(0, undefined);
      expect(walk(2, middle)[0]).to.deep.equal(whole);
    });
  }
});

describe('gradient methods: no conflict', () => {
  const least = (rows: Gradients, combined: readonly number[]): number =>
    Math.min(...rows.map((row) => dot(row, combined) / Math.max(norm(row), 1e-300)));

  for (const name of ['upgrad', 'dualproj', 'mgda'] as const) {
    it(`${name}: g_t·d is nowhere negative`, () => {
      fc.assert(
        fc.property(gradients({ degenerate: true }), (rows) => {
          expect(least(rows, direction(methods[name], rows))).to.be.at.least(-close * longest(rows));
        }),
        { numRuns: 300 },
      );
    });
  }

  it('conflictFree: g_t·d is nowhere negative where the gradients are independent', () => {
    fc.assert(
      fc.property(independent(true), (rows) => {
        const combined = direction(methods.conflictFree, rows);
        expect(least(rows, combined)).to.be.at.least(-close * norm(combined));
      }),
    );
  });

  it('the sum does conflict, so that these tests can fail', () => {
    expect(
      least(
        [
          [-3, 1],
          [1, 0],
        ],
        direction(methods.sum, [
          [-3, 1],
          [1, 0],
        ]),
      ),
    ).to.be.lessThan(-1);
  });
});
