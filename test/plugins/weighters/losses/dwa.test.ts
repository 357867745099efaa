import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { dwa } from '../../../../plugins/weighters/index.js';
import { describeOn } from '../../../engines.js';
import { expectClose, expectEquivariant, expectResumes, ready, steps, take } from '../fake-problem.js';

const losses = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 });

describeOn('wasm', 'dwa', () => {
  const make = (temperature = 2) => createPart(dwa, { temperature });
  const [step] = steps(1, 3) as [ReturnType<typeof steps>[0]];

  /** ω after epochs of these mean losses. */
  async function after(
    epochs: readonly (readonly number[])[],
    temperature?: number,
  ): Promise<readonly number[]> {
    const weighter = ready(make(temperature), 3);
    for (const means of epochs) weighter.endEpoch!(means);
    return (await take(weighter, step)).weights;
  }

  it('gives every task 1 in the first two epochs', async () => {
    expect(await after([])).to.deep.equal([1, 1, 1]);
    expect(await after([[1, 2, 3]])).to.deep.equal([1, 1, 1]);
  });

  it('gives T · softmax of the rates of the last two epochs', async () => {
    const rates = [0.5, 2, 1.5];
    const exponentials = rates.map((rate) => Math.exp(rate / 4));
    const total = exponentials.reduce((a, b) => a + b, 0);
    const wanted = exponentials.map((value) => (3 * value) / total);
    expectClose(
      await after(
        [
          [9, 9, 9],
          [2, 1, 4],
          [1, 2, 6],
        ],
        4,
      ),
      wanted,
      1e-15,
    );
  });

  it('sums to T, is even at constant losses, and looks at no loss’s scale', () =>
    fc.assert(
      fc.asyncProperty(losses, losses, fc.double({ min: 0.1, max: 10, noNaN: true }), async (a, b, scale) => {
        const weights = await after([a, b]);
        expect(weights.reduce((total, weight) => total + weight, 0)).to.be.closeTo(3, 1e-12);
        expectClose(await after([a, a]), [1, 1, 1], 1e-12);
        const first = (means: number[]): number[] =>
          means.map((mean, task) => (task === 0 ? scale * mean : mean));
        expectClose(await after([first(a), first(b)]), weights, 1e-9);
      }),
    ));

  it('gives more to the task that falls more slowly, and counts a loss of 0 as unchanged', async () => {
    const [slow, fast] = await after([
      [1, 1, 1],
      [0.9, 0.1, 0.5],
    ]);
    expect(slow!).to.be.greaterThan(fast!);
    expect(
      await after([
        [0, 0, 0],
        [0, 0, 0],
      ]),
    ).to.deep.equal([1, 1, 1]);
  });

  it('treats its tasks alike, and resumes', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
  });

  it('refuses a temperature of 0', () => {
    expect(() => make(0)).to.throw(/temperature/);
  });
});
