import { expect } from 'chai';
import { make, update } from '../weighters.js';
import { describeOnEach } from '../../../engines.js';

describeOnEach('equal', () => {
  it('gives the gradient of the sum of the losses', async () => {
    const weighter = make('equal');
    expect(await update(weighter)).to.deep.equal({ a: 4 + 3, b: 1 });
    expect(await weighter.weights()).to.deep.equal([1, 1]);
    expect(weighter.state).to.deep.equal({ tensors: {}, values: { step: 1, weights: [1, 1] } });
    weighter.dispose();
  });
});
