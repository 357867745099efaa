import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { gradnorm } from '../../../../plugins/weighters/index.js';
import { describeOn } from '../../../engines.js';
import {
  drive,
  expectClose,
  expectEquivariant,
  expectResumes,
  FakeProblem,
  ready,
  steps,
  take,
} from '../fake-problem.js';
import * as tf from '@tensorflow/tfjs';

describeOn('wasm', 'gradnorm', () => {
  const make = (options: Parameters<typeof createPart<unknown, typeof gradnorm.options>>[1] = {}) =>
    ready(createPart(gradnorm, options), 3);
  const flat = (losses: number[], norms: number[]) => ({
    losses,
    gradients: norms.map((norm) => ({ a: [norm, 0] })),
  });

  it('sums to T, whatever comes', () =>
    fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        for (const { weights } of await drive(make({ lr: 0.5 }), steps(6, 3, seed))) {
          expect(weights.reduce((total, weight) => total + weight, 0)).to.be.closeTo(3, 1e-12);
          expect(Math.min(...weights)).to.be.greaterThan(0);
        }
      }),
      { numRuns: 30 },
    ));

  it('moves by Adam against sign(G − Ḡ r^α) ‖∇L‖ and rescales, from the second step on', async () => {
    const weighter = make({ lr: 0.1, alpha: 1 });
    expect((await take(weighter, flat([1, 1, 1], [3, 1, 2]))).weights).to.deep.equal([1, 1, 1]);
    // G = (3, 1, 2), Ḡ = 2, r = 1: the gradient is (3, −1, 0), and Adam's first step is its sign times lr.
    const { weights } = await take(weighter, flat([1, 1, 1], [3, 1, 2]));
    expectClose(weights, [0.9, 1.1, 1], 1e-7);
  });

  it('brings the norms together at α = 0, and favours slow tasks at α > 0', async () => {
    const even = make({ alpha: 0, lr: 0.005 });
    const norms = [4, 1, 2];
    let weights: readonly number[] = [];
    for (let step = 0; step < 1000; step++) ({ weights } = await take(even, flat([1, 1, 1], norms)));
    const balanced = weights.map((weight, task) => weight * norms[task]!);
    expect(Math.max(...balanced) / Math.min(...balanced)).to.be.lessThan(1.1);

    const paced = make({ lr: 0.01 });
    await take(paced, flat([1, 1, 1], [1, 1, 1]));
    for (let step = 0; step < 20; step++) ({ weights } = await take(paced, flat([0.9, 0.1, 0.5], [1, 1, 1])));
    expect(weights[0]!).to.be.greaterThan(weights[1]!);
  });

  it('does not mind the unit of a loss', async () => {
    const given = steps(5, 3);
    const scaled = given.map((step) => ({
      ...step,
      losses: step.losses.map((loss, task) => (task === 0 ? 8 * loss : loss)),
    }));
    const [one, other] = [await drive(make(), given), await drive(make(), scaled)];
    one.forEach(({ weights }, index) => expectClose(other[index]!.weights, weights, 1e-12));
  });

  it('looks at the layers it is told, else at what is shared', async () => {
    for (const [layers, scope] of [
      [null, 'shared'],
      [
        ['a', 'b*'],
        ['a', 'b*'],
      ],
    ] as const) {
      const problem = new FakeProblem(steps(1, 3)[0]!);
      tf.dispose(await make({ layers: layers && [...layers] }).update(problem));
      expect(problem.scopes).to.deep.equal([scope]);
    }
  });

  it('gives a task without gradient or loss no reason to fail', async () => {
    const weighter = make();
    for (let step = 0; step < 3; step++) {
      const { weights } = await take(weighter, flat([0, 1, 1], [0, 1, 2]));
      expect(weights.every(Number.isFinite)).to.equal(true);
    }
  });

  it('treats its tasks alike, and resumes', async () => {
    await expectEquivariant(() => createPart(gradnorm));
    await expectResumes(() => createPart(gradnorm));
  });

  it('refuses bad options and negative losses', async () => {
    expect(() => make({ lr: 0 })).to.throw(/lr/);
    expect(() => make({ layers: [] })).to.throw(/layers/);
    const error = await take(make(), flat([1, -2, 1], [1, 1, 1])).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.contains('the loss of "task1": expected 0 or more');
  });
});
