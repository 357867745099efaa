import { expect } from 'chai';
import { ownCard } from '../../../../plugins/engines/torch/cards.js';

describe('the CUDA card of a rank', () => {
  it('is the next one for each rank of a host, in turn', () => {
    const cards = [0, 1, 2].map((rank) => ownCard({ rank, size: 3 }, '4,6'));
    expect(cards).to.deep.equal(['4', '6', '4']);
  });

  it('is left to the launcher that gave it one, and to a process that trains alone', () => {
    expect(ownCard({ rank: 1, size: 2 }, '5')).to.equal(undefined);
    expect(ownCard({ rank: 1, size: 2 }, '')).to.equal(undefined);
    expect(ownCard({ rank: 0, size: 1 }, '0,1')).to.equal(undefined);
  });
});
