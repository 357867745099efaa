import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { dbMtl } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';
import {
  copyOf,
  dot,
  drive,
  expectClose,
  expectEquivariant,
  expectNoLeak,
  expectResumes,
  ready,
  steps,
  sum,
  take,
  type Step,
  type Vectors,
} from '../fake-problem.js';

describeOnEach('dbMtl', () => {
  const make = (options: { beta?: number; betaSigma?: number } = {}) => createPart(dbMtl, options);

  const shared = ({ a, b }: Vectors): Vectors => ({ ...(a && { a }), ...(b && { b }) });
  const times = (row: Vectors, factor: number): Vectors =>
    Object.fromEntries(Object.entries(row).map(([name, vector]) => [name, vector.map((v) => factor * v)]));

  /** The formula, on numbers. */
  function wanted(given: readonly Step[], beta: number, sigma: number): Vectors {
    let averages: Vectors[] = given[0]!.gradients.map(() => ({}));
    for (const [index, { losses, gradients }] of given.entries()) {
      const kept = beta / (index + 1) ** sigma;
      averages = averages.map((average, task) =>
        sum([times(average, kept), times(shared(gradients[task]!), (1 - kept) / losses[task]!)]),
      );
    }
    const norms = averages.map((row) => Math.sqrt(dot(row, row)));
    return sum(averages.map((row, task) => times(row, Math.max(...norms) / norms[task]!)));
  }

  it('is the sum of the averaged gradients of the logarithms, each of the largest norm', () =>
    fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 0.5), async (seed, betaSigma) => {
        const given = steps(4, 3, seed);
        const weighter = ready(make({ betaSigma }), 3);
        const found = (await drive(weighter, given)).at(-1)!.gradients;
        const expected = wanted(given, 0.9, betaSigma);
        expectClose(found['a']!, expected['a']!);
        expectClose(found['b']!, expected['b']!);
        weighter.dispose();
      }),
      { numRuns: 20 },
    ));

  it('gives every task the same norm: the sum’s is T times it where all point one way', async () => {
    const weighter = ready(make({ beta: 0 }), 3);
    const { gradients } = await take(weighter, {
      losses: [1, 10, 0.1],
      gradients: [{ a: [3, 4] }, { a: [6, 8] }, { a: [0.3, 0.4] }],
    });
    expectClose(gradients['a']!, [9, 12]);
    weighter.dispose();
  });

  it('does not mind the unit of a loss, in the scope or in the heads', async () => {
    const given = steps(4, 3);
    const scaled = given.map(({ losses, gradients }) => ({
      losses: losses.map((loss, task) => (task === 0 ? 8 * loss : loss)),
      gradients: gradients.map((row, task) => (task === 0 ? times(row, 8) : row)),
    }));
    const [one, other] = [ready(make(), 3), ready(make(), 3)];
    const [plain, moved] = [await drive(one, given), await drive(other, scaled)];
    plain.forEach(({ gradients }, index) => {
      for (const [name, vector] of Object.entries(gradients))
        expectClose(moved[index]!.gradients[name]!, vector);
      const { losses, gradients: rows } = given[index]!;
      expectClose(gradients['head.task0']!, times(rows[0]!, 1 / losses[0]!)['head.task0']!);
    });
    one.dispose();
    other.dispose();
  });

  it('leaves a task without a gradient or loss out', async () => {
    const weighter = ready(make({ beta: 0 }), 2);
    const { gradients } = await take(weighter, { losses: [0, 2], gradients: [{ a: [0, 0] }, { a: [2, 4] }] });
    expectClose(gradients['a']!, [1, 2]);
    weighter.dispose();
  });

  it('refuses a saved average of another shape when it is first used, and leaves the given one alone', async () => {
    const weighter = ready(make(), 2);
    const saved = {
      tensors: { '0/a': tf.tensor1d([1, 2, 3]) },
      values: { coefficients: [], rule: {}, step: 1 },
    };
    weighter.restore(saved);
    const error = await take(weighter, { losses: [1, 1], gradients: [{ a: [1] }, { a: [1] }] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error)
      .to.have.property('message')
      .that.contains('the weighter\'s saved "0/a": expected the gradient\'s shape [1], found [3]');
    weighter.dispose();
    expect(saved.tensors['0/a'].isDisposed).to.equal(false);
    saved.tensors['0/a'].dispose();
  });

  it('names its state by task and parameter', async () => {
    const weighter = ready(make(), 2);
    await take(weighter, steps(1, 2)[0]!);
    const saved = copyOf(weighter.state);
    expect(Object.keys(saved.tensors).sort()).to.deep.equal(['0/a', '1/a']);
    tf.dispose(saved.tensors);
    weighter.dispose();
  });

  it('treats its tasks alike, resumes, and leaves no tensor behind', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
    await expectNoLeak(make);
  });

  it('refuses bad options and negative losses', async () => {
    expect(() => make({ beta: 1 })).to.throw(/beta/);
    expect(() => createPart(dbMtl, { gradients: 'representation' as never })).to.throw(/gradients/);
    expect(() => createPart(dbMtl, { losses: 'uncertainty' })).to.throw(/losses/);
    const weighter = ready(make(), 2);
    const error = await take(weighter, { losses: [1, -1], gradients: [{}, {}] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error)
      .to.have.property('message')
      .that.contains('the loss of "task1": expected 0 or more, as dbMtl');
  });
});
