import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { famo } from '../../../../plugins/weighters/index.js';
import { describeOn } from '../../../engines.js';
import { drive, expectClose, expectEquivariant, expectResumes, ready, steps, take } from '../fake-problem.js';

describeOn('wasm', 'famo', () => {
  const make = (options: Parameters<typeof createPart<unknown, typeof famo.options>>[1] = {}) =>
    createPart(famo, options);
  const step = (losses: number[], after: number[]) => ({
    losses,
    after,
    gradients: losses.map(() => ({ a: [1] })),
  });

  it('starts at ω ∝ 1 / L, and sums to 1', () =>
    fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const given = steps(5, 3, seed);
        const outcomes = await drive(ready(make(), 3), given);
        for (const { weights } of outcomes)
          expect(weights.reduce((total, weight) => total + weight, 0)).to.be.closeTo(1, 1e-12);
        const inverse = given[0]!.losses.map((loss) => 1 / (loss + 1e-8));
        const total = inverse.reduce((a, b) => a + b, 0);
        expectClose(
          outcomes[0]!.weights,
          inverse.map((value) => value / total),
          1e-12,
        );
      }),
      { numRuns: 30 },
    ));

  it('moves towards the slowest task', async () => {
    const weighter = ready(make(), 3);
    await take(weighter, step([1, 1, 1], [0.5, 0.9, 0.7]));
    const { weights } = await take(weighter, step([1, 1, 1], [1, 1, 1]));
    expect(weights[1]!).to.be.greaterThan(weights[2]!).and.greaterThan(weights[0]!);
  });

  it('takes one Adam step along the Jacobian of the softmax', async () => {
    const weighter = ready(make({ lr: 0.1, gamma: 0 }), 2);
    await take(weighter, step([1, 1], [0.5, 1]));
    // δ = (log 2, 0), z = (½, ½): the gradient's signs are (+, −), so w = (−0.1, 0.1).
    const { weights } = await take(weighter, step([1, 1], [1, 1]));
    expectClose(weights, [1 / (1 + Math.exp(0.2)), 1 / (1 + Math.exp(-0.2))], 1e-6);
  });

  it('stays where it is without gains', async () => {
    const weighter = ready(make(), 2);
    for (let index = 0; index < 3; index++) {
      const { weights } = await take(weighter, step([2, 2], [2, 2]));
      expect(weights).to.deep.equal([0.5, 0.5]);
    }
  });

  it('measures losses from their minima', async () => {
    const shifted = ready(make({ minLosses: { task0: -1, task1: 0.5 } }), 2);
    const plain = ready(make(), 2);
    for (let index = 0; index < 3; index++) {
      const moved = await take(shifted, step([0, 2.5], [-0.5, 2]));
      expectClose(moved.weights, (await take(plain, step([1, 2], [0.5, 1.5]))).weights, 1e-12);
    }
  });

  it('names a task below its minimum, and tasks without one', async () => {
    const error = await take(ready(make(), 2), step([1, -1], [1, 1])).catch((thrown: unknown) => thrown);
    expect(error)
      .to.have.property('message')
      .that.equals(
        'the loss of "task1": expected its minimum 0 or more, as famo needs it, found -1; lower it in weighter.minLosses',
      );
    expect(() => ready(make({ minLosses: { task0: 0 } }), 2)).to.throw(
      'weighter.minLosses: expected a number for each task (task0, task1), found none for task1',
    );
    expect(() => make({ gamma: -1 })).to.throw(/gamma/);
  });

  it('treats its tasks alike, and resumes', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
  });
});
