import { expect } from 'chai';
import { createPart } from '../../../../core/index.js';
import { rlw } from '../../../../plugins/weighters/index.js';
import { describeOn } from '../../../engines.js';
import { drive, expectResumes, ready, steps } from '../fake-problem.js';

const distributions = ['normal', 'uniform', 'dirichlet', 'bernoulli', 'oneTask'] as const;

describeOn('wasm', 'rlw', () => {
  const make = (distribution: (typeof distributions)[number] = 'normal') => createPart(rlw, { distribution });
  const draw = async (
    distribution?: (typeof distributions)[number],
    seed = 7,
  ): Promise<(readonly number[])[]> =>
    (await drive(ready(make(distribution), 3, seed), steps(400, 3))).map(({ weights }) => weights);

  for (const distribution of distributions) {
    it(`${distribution}: not negative, sums to T, even on average, and resumes`, async () => {
      const drawn = await draw(distribution);
      for (const weights of drawn) {
        expect(weights.reduce((total, weight) => total + weight, 0)).to.be.closeTo(3, 1e-12);
        expect(Math.min(...weights)).to.be.at.least(0);
      }
      for (const task of [0, 1, 2]) {
        const mean = drawn.reduce((total, weights) => total + weights[task]! / drawn.length, 0);
        expect(mean).to.be.closeTo(1, 0.25);
      }
      await expectResumes(() => make(distribution));
    });
  }

  it('draws anew at each step, the same with the same seed', async () => {
    const drawn = await draw();
    expect(new Set(drawn.map(String)).size).to.equal(drawn.length);
    expect(await draw()).to.deep.equal(drawn);
    expect(await draw('normal', 8)).not.to.deep.equal(drawn);
  });

  it('lists the distributions', () => {
    expect(() => make('gauss' as never)).to.throw(/distribution.*normal/s);
  });
});
