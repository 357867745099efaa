import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { stch } from '../../../../plugins/weighters/index.js';
import { describeOn } from '../../../engines.js';
import { expectClose, expectEquivariant, expectResumes, ready, take } from '../fake-problem.js';

const loss = fc.double({ min: 0.01, max: 100, noNaN: true });
const losses = fc.array(loss, { minLength: 3, maxLength: 3 });

describeOn('wasm', 'stch', () => {
  const make = (mu = 1, warmupEpochs = 1) => createPart(stch, { mu, warmupEpochs });
  /** ω with this nadir. */
  async function weigh(
    given: readonly number[],
    nadir: readonly number[],
    mu?: number,
  ): Promise<readonly number[]> {
    const weighter = ready(make(mu), 3);
    weighter.endEpoch!(nadir);
    return (await take(weighter, { losses: given, gradients: given.map(() => ({ a: [1] })) })).weights;
  }

  it('minimises the logarithms in the warm-up, of which the last epoch gives the nadir', async () => {
    const weighter = ready(make(1, 2), 3);
    const step = { losses: [2, 4, 8], gradients: [{}, {}, {}] };
    expect((await take(weighter, step)).weights).to.deep.equal([1 / 2, 1 / 4, 1 / 8]);
    weighter.endEpoch!([100, 1, 1]);
    expect((await take(weighter, step)).weights).to.deep.equal([1 / 2, 1 / 4, 1 / 8]);
    weighter.endEpoch!([2, 2, 4]);
    weighter.endEpoch!([7, 7, 7]);
    // μ = 1: ω_t = T / (z_t Σ L_s / z_s)
    expectClose((await take(weighter, step)).weights, [3 / 10, 3 / 10, 3 / 20], 1e-14);
  });

  it('has the gradient of T μ log Σ exp(log(L/z)/μ)', () =>
    fc.assert(
      fc.asyncProperty(
        losses,
        losses,
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        async (given, nadir, mu) => {
          const value = (at: readonly number[]): number =>
            3 * mu * Math.log(at.reduce((sum, l, task) => sum + (l / nadir[task]!) ** (1 / mu), 0));
          const weights = await weigh(given, nadir, mu);
          weights.forEach((weight, task) => {
            const moved = (by: number): number[] =>
              given.map((l, index) => (index === task ? l * (1 + by) : l));
            const slope = (value(moved(1e-5)) - value(moved(-1e-5))) / 2e-5;
            expect(weight * given[task]!).to.be.closeTo(slope, 1e-6);
          });
        },
      ),
    ));

  it('is the maximum as μ → 0, and even logarithms as μ → ∞', () =>
    fc.assert(
      fc.asyncProperty(losses, losses, async (given, nadir) => {
        const ratios = given.map((l, task) => l / nadir[task]!);
        const worst = ratios.indexOf(Math.max(...ratios));
        const others = ratios.filter((_, task) => task !== worst);
        fc.pre(Math.max(...others) < 0.9 * ratios[worst]!);
        const sharp = await weigh(given, nadir, 1e-3);
        expectClose(
          sharp,
          given.map((l, task) => (task === worst ? 3 / l : 0)),
          1e-12,
        );
        const even = await weigh(given, nadir, 1e9);
        expectClose(
          even.map((weight, task) => weight * given[task]!),
          [1, 1, 1],
          1e-6,
        );
      }),
    ));

  it('is bounded where a loss is 0, and names one below', async () => {
    const weights = await weigh([0, 1, 2], [1, 1, 1]);
    expect(weights.every(Number.isFinite)).to.equal(true);
    const error = await weigh([1, 1, -2], [1, 1, 1]).catch((thrown: unknown) => thrown);
    expect(error)
      .to.have.property('message')
      .that.contains('the loss of "task2": expected 0 or more, as stch needs it');
  });

  it('treats its tasks alike, and resumes', async () => {
    await expectEquivariant(make);
    await expectResumes(() => make(0.5, 2));
  });

  it('refuses a μ of 0', () => {
    expect(() => make(0)).to.throw(/mu/);
  });
});
