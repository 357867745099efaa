import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { excessMtl } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';
import {
  drive,
  expectClose,
  expectEquivariant,
  expectNoLeak,
  expectResumes,
  ready,
  steps,
  take,
} from '../fake-problem.js';

describeOnEach('excessMtl', () => {
  const make = (stepSize = 0.01) => createPart(excessMtl, { stepSize });
  const flat = (norms: number[]) => ({
    losses: norms.map(() => 1),
    gradients: norms.map((norm) => ({ a: [norm, norm] })),
  });

  it('follows the formula', async () => {
    const weighter = ready(make(0.5), 2);
    expect((await take(weighter, flat([1, 2]))).weights).to.deep.equal([1, 1]);
    const { weights, gradients } = await take(weighter, flat([1, 4]));
    // E = Σ g² / √(S + ε): at first 2·1/1 and 2·4/2, then 2·1/√2 and 2·16/√20.
    const ratios = [2 / Math.sqrt(2) / 2, 32 / Math.sqrt(20) / 4];
    const exponentials = ratios.map((ratio) => Math.exp(0.5 * ratio));
    const total = exponentials[0]! + exponentials[1]!;
    const wanted = exponentials.map((value) => (2 * value) / total);
    expectClose(weights, wanted, 1e-6);
    expectClose(gradients['a']!, Array(2).fill(wanted[0]! + 4 * wanted[1]!) as number[], 1e-6);
    weighter.dispose();
  });

  it('sums to T, also at ratios whose exponential is no number', () =>
    fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0.01, 1, 1e4), async (seed, stepSize) => {
        const weighter = ready(make(stepSize), 3);
        for (const { weights } of await drive(weighter, steps(4, 3, seed)))
          expect(weights.reduce((total, weight) => total + weight, 0)).to.be.closeTo(3, 1e-9);
        weighter.dispose();
      }),
      { numRuns: 20 },
    ));

  it('gives more to the task whose gradients keep their size', async () => {
    const weighter = ready(make(1), 2);
    let weights: readonly number[] = [];
    for (const norm of [1, 0.5, 0.2, 0.1]) ({ weights } = await take(weighter, flat([1, norm])));
    expect(weights[0]!).to.be.greaterThan(weights[1]!);
    weighter.dispose();
  });

  it('refuses a saved square of another shape when it is first used', async () => {
    const weighter = ready(make(), 2);
    const saved = tf.tensor1d([1, 2, 3]);
    weighter.restore({ tensors: { '1/a': saved }, values: { weights: [1, 1], initial: [1, 1] } });
    saved.dispose();
    const error = await take(weighter, flat([1, 1])).catch((thrown: unknown) => thrown);
    expect(error)
      .to.have.property('message')
      .that.contains('the weighter\'s saved "1/a": expected the gradient\'s shape [2], found [3]');
    expect(error).to.have.property('code', 'CHECKPOINT_INVALID');
    weighter.dispose();
  });

  it('treats its tasks alike, resumes, and leaves no tensor behind', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
    await expectNoLeak(make);
  });

  it('refuses a step of 0', () => {
    expect(() => make(0)).to.throw(/stepSize/);
    expect(() => createPart(excessMtl, { gradients: 'representation' as never })).to.throw(/gradients/);
  });
});
