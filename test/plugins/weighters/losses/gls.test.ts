import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { gls } from '../../../../plugins/weighters/index.js';
import { describeOn } from '../../../engines.js';
import { expectEquivariant, expectResumes, ready, take } from '../fake-problem.js';

const losses = fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 5 });

describeOn('wasm', 'gls', () => {
  const make = () => createPart(gls);
  const weigh = async (given: readonly number[]): Promise<readonly number[]> =>
    (await take(ready(make(), given.length), { losses: given, gradients: given.map(() => ({ a: [1] })) }))
      .weights;
  const mean = (given: readonly number[]): number =>
    given.reduce((product, loss) => product * loss, 1) ** (1 / given.length);

  it('has the gradient of the geometric mean', () =>
    fc.assert(
      fc.asyncProperty(losses, async (given) => {
        const weights = await weigh(given);
        weights.forEach((weight, task) => {
          const moved = (by: number): number[] =>
            given.map((loss, index) => (index === task ? loss * (1 + by) : loss));
          const slope = (mean(moved(1e-5)) - mean(moved(-1e-5))) / (2e-5 * given[task]!);
          expect(weight / slope).to.be.closeTo(1, 1e-6);
        });
      }),
    ));

  it('gives every task the same share of the loss, whatever its scale', () =>
    fc.assert(
      fc.asyncProperty(losses, async (given) => {
        const weights = await weigh(given);
        for (const [task, weight] of weights.entries())
          expect((weight * given[task]! * given.length) / mean(given)).to.be.closeTo(1, 1e-9);
      }),
    ));

  it('does without the product itself, which no number can hold', async () => {
    const weights = await weigh(Array.from({ length: 40 }, () => 1e-10));
    expect(weights[0]).to.be.closeTo(1 / 40, 1e-12);
  });

  it('names the task whose loss has no logarithm', async () => {
    for (const loss of [0, -1]) {
      const error = await weigh([1, loss]).catch((thrown: unknown) => thrown);
      expect(error)
        .to.have.property('message')
        .that.matches(
          new RegExp(`^the loss of "task1": expected more than 0, as gls needs it, found ${loss}; use `),
        );
      expect(error).to.have.property('code', 'CONFIG_INVALID');
    }
  });

  it('treats its tasks alike, and resumes', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
  });
});
