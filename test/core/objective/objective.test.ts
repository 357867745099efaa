import { expect } from 'chai';
import { consistencyAt, type Consistency } from '../../../core/index.js';
import { consistencyLoss } from '../../plugins/losses/losses.js';

describe('consistencyAt', () => {
  const lambda = { segmentation: 0.5, depth: 0.1 };
  const consistency = (warmup?: number): Consistency => ({ loss: consistencyLoss('xtc'), lambda, warmup });

  it('grows from 0 to λ within the warm-up', () => {
    for (const [epoch, share] of [
      [0, 0],
      [0.5, 0.25],
      [1, 0.5],
      [1.75, 0.875],
    ] as const) {
      const { lambda: grown } = consistencyAt(consistency(2), epoch);
      expect(grown, `epoch ${epoch}`).to.deep.equal({ segmentation: 0.5 * share, depth: (0.1 * epoch) / 2 });
    }
  });

  it('is what it was from then on, and where there is no warm-up', () => {
    for (const [warmup, epoch] of [
      [2, 2],
      [2, 7.5],
      [0.25, 0.25],
      [0, 0],
    ] as const) {
      const full = consistency(warmup);
      expect(consistencyAt(full, epoch)).to.equal(full);
    }
    const without = consistency();
    expect(consistencyAt(without, 0)).to.equal(without);
  });
});
