import { expect } from 'chai';
import fc from 'fast-check';
import { auroc, spearman } from '../../examples/ranking.js';

const few = fc.array(
  fc.record({ score: fc.integer({ min: 0, max: 9 }), flag: fc.integer({ min: 0, max: 1 }) }),
  {
    minLength: 2,
    maxLength: 40,
  },
);

describe('rank statistics', () => {
  it('AUROC counts the pairs that are in order', () => {
    fc.assert(
      fc.property(few, (items) => {
        const [yes, no] = [items.filter(({ flag }) => flag === 1), items.filter(({ flag }) => flag === 0)];
        fc.pre(yes.length > 0 && no.length > 0);
        let pairs = 0;
        for (const a of yes)
          for (const b of no) pairs += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
        const area = auroc(
          items.map(({ score }) => score),
          items.map(({ flag }) => flag),
        );
        expect(area).to.be.closeTo(pairs / (yes.length * no.length), 1e-12);
      }),
    );
  });

  it('Spearman is 1 for any rising function, −1 for a falling one, and as R has it with ties', () => {
    const values = [3, 1, 4, 1.5, 9, 2.6];
    expect(spearman(values, values.map(Math.exp))).to.be.closeTo(1, 1e-12);
    expect(
      spearman(
        values,
        values.map((value) => -value),
      ),
    ).to.be.closeTo(-1, 1e-12);
    // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: 4.5 / √(4.5 · 5).
    expect(spearman([1, 2, 2, 3], [10, 30, 20, 40])).to.be.closeTo(4.5 / Math.sqrt(4.5 * 5), 1e-12);
  });
});
