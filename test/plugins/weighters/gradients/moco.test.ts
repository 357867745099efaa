import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { createPart, type Weighter } from '../../../../core/index.js';
import { moco } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';
import {
  drive,
  expectClose,
  expectEquivariant,
  expectNoLeak,
  expectResumes,
  ready,
  steps,
  sum,
  take,
  type Vectors,
} from '../fake-problem.js';

type Options = Parameters<typeof createPart<unknown, typeof moco.options>>[1];

describeOnEach('moco', () => {
  const make = (options: Options = {}) => createPart(moco, options);
  const lambdaOf = ({ state }: Weighter): readonly number[] =>
    (state.values['rule'] as { lambda: readonly number[] }).lambda;
  const trackedOf = ({ state }: Weighter): Vectors =>
    Object.fromEntries(Object.entries(state.tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));

  it('tracks the gradients exactly at β = 1', async () => {
    const weighter = ready(make({ beta: 1, betaSigma: 0 }), 3);
    for (const step of steps(4, 3)) {
      await take(weighter, step);
      const tracked = trackedOf(weighter);
      step.gradients.forEach((row, task) => {
        for (const name of ['a', 'b'])
          if (row[name]) expect(tracked[`${task}/${name}`]).to.deep.equal(row[name].map(Math.fround));
      });
    }
    weighter.dispose();
  });

  it('averages noise away at a falling β', async () => {
    const weighter = ready(make({ betaSigma: 1, beta: 1 }), 2);
    // β_k = 1/k makes y the mean of all gradients.
    for (const value of [1, 2, 6])
      await take(weighter, { losses: [1, 1], gradients: [{ a: [value] }, { a: [-value] }] });
    expectClose(trackedOf(weighter)['0/a']!, [3], 1e-6);
    weighter.dispose();
  });

  it('stays on the simplex, and combines by λ', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.constantFrom('projection' as const, 'softmax' as const),
        fc.constantFrom(0.1, 10),
        fc.boolean(),
        async (seed, simplex, gamma, normalize) => {
          const weighter = ready(make({ simplex, gamma, normalize }), 3);
          for (const step of steps(4, 3, seed)) {
            const { gradients } = await take(weighter, step);
            const lambda = lambdaOf(weighter);
            expect(lambda.reduce((total, value) => total + value, 0)).to.be.closeTo(1, 1e-9);
            expect(Math.min(...lambda)).to.be.at.least(0);
            const tracked = trackedOf(weighter);
            const rows = lambda.map((value, task) => ({ a: tracked[`${task}/a`]!.map((y) => value * y) }));
            expectClose(gradients['a']!, sum(rows)['a']!);
          }
          weighter.dispose();
        },
      ),
      { numRuns: 20 },
    ));

  it('moves λ by one projected step', async () => {
    const weighter = ready(make({ beta: 1, betaSigma: 0, gamma: 0.1, rho: 0.5 }), 2);
    await take(weighter, { losses: [1, 1], gradients: [{ a: [2, 0] }, { a: [1, 1] }] });
    // (Y Yᵀ + ½ I) λ at λ = ½: (½ (4 + 2) + ¼, ½ (2 + 2) + ¼) = (3.25, 2.25); λ − 0.1 · that, moved back to the sum 1.
    expectClose(lambdaOf(weighter), [0.45, 0.55], 1e-6);
    weighter.dispose();
  });

  it('ends at the min-norm point of constant gradients', async () => {
    const weighter = ready(make({ beta: 1, betaSigma: 0, gammaSigma: 0 }), 2);
    const step = { losses: [1, 1], gradients: [{ a: [2, 0] }, { a: [0, 1] }] };
    const last = (await drive(weighter, Array(100).fill(step) as (typeof step)[])).at(-1)!;
    // min ‖λ₁ (2, 0) + λ₂ (0, 1)‖: λ = (1, 4) / 5
    expectClose(lambdaOf(weighter), [0.2, 0.8], 1e-4);
    expectClose(last.gradients['a']!, [0.4, 0.8], 1e-4);
    weighter.dispose();
  });

  it('tracks gradients of the losses’ size where it is told to', async () => {
    const weighter = ready(make({ beta: 1, betaSigma: 0, normalize: true }), 3);
    await take(weighter, { losses: [2, 5, 1], gradients: [{ a: [3, 4] }, { a: [0, 10] }, {}] });
    const tracked = trackedOf(weighter);
    expectClose(tracked['0/a']!, [1.2, 1.6], 1e-6);
    expectClose(tracked['1/a']!, [0, 5], 1e-6);
    expect(Object.keys(tracked)).to.deep.equal(['0/a', '1/a']);
    weighter.dispose();
  });

  it('treats its tasks alike, resumes, and leaves no tensor behind', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
    await expectResumes(() => make({ simplex: 'softmax', normalize: true }));
    await expectNoLeak(make);
  });

  it('refuses bad options, and a saved gradient of another shape', async () => {
    expect(() => make({ beta: 0 })).to.throw(/beta/);
    expect(() => make({ simplex: 'ball' as never })).to.throw(/simplex/);
    expect(() => make({ gradients: 'representation' as never })).to.throw(/gradients/);
    const weighter = ready(make(), 2);
    const saved = tf.tensor1d([1, 2]);
    weighter.restore({
      tensors: { '1/a': saved },
      values: { coefficients: [], rule: { lambda: [0.5, 0.5] }, step: 1 },
    });
    saved.dispose();
    const error = await take(weighter, { losses: [1, 1], gradients: [{ a: [1] }, { a: [1] }] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('message').that.contains('the weighter\'s saved "1/a": expected');
    weighter.dispose();
  });
});
