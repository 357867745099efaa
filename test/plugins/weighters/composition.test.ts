import { expect } from 'chai';
import { createWeighter, weighters } from '../../../plugins/weighters/index.js';
import { describeOnEach } from '../../engines.js';
import { expectClose, take, taskNames, type Step } from './fake-problem.js';

const step: Step = {
  losses: [2, 3],
  gradients: [
    { a: [1, 0], 'head.task0': [5] },
    { a: [-2, 1], 'head.task1': [7] },
  ],
};
const omegas = [0.5, 3];
const tasks = taskNames(2);

describeOnEach('a gradient method over a loss weighting', () => {
  it('combines the gradients of ω_t L_t, and gives the heads theirs', async () => {
    const over = createWeighter({ name: 'pcgrad', losses: { name: 'constant', weights: omegas } }, { tasks });
    const plain = createWeighter('pcgrad', { tasks });
    const times = (values: readonly number[], task: number): number[] =>
      values.map((value) => value * omegas[task]!);
    const scaled: Step = {
      losses: times(step.losses, 0),
      gradients: step.gradients.map((row, task) =>
        Object.fromEntries(Object.entries(row).map(([name, values]) => [name, times(values, task)])),
      ),
    };
    const [found, wanted] = [await take(over, step), await take(plain, scaled)];
    expect(Object.keys(found.gradients)).to.have.members(Object.keys(wanted.gradients));
    for (const [name, values] of Object.entries(wanted.gradients))
      expectClose(found.gradients[name]!, values);
    expectClose(found.gradients['head.task1']!, [21]);
    for (const weighter of [over, plain]) weighter.dispose();
  });

  it('trains the weighting’s own parameters, and saves them with its own state', async () => {
    const weighter = createWeighter({ name: 'cagrad', losses: 'uncertainty' }, { tasks });
    const { gradients } = await take(weighter, step);
    expect(Object.keys(weighter.parameters)).to.deep.equal(['logVariance.task0', 'logVariance.task1']);
    // dL/ds = 1 − ω L with ω = ½ at s = 0
    expectClose(gradients['logVariance.task0']!, [1 - 0.5 * 2]);
    expectClose(gradients['logVariance.task1']!, [1 - 0.5 * 3]);
    expect(Object.keys(weighter.state.tensors)).to.include('losses.logVariance.task1');
    weighter.dispose();
  });

  it('is IMTL: IMTL-G over IMTL-L', async () => {
    const [own, composed] = [
      createWeighter('imtl', { tasks }),
      createWeighter({ name: 'imtlG', losses: 'imtlL' }, { tasks }),
    ];
    expect((await take(own, step)).gradients).to.deep.equal((await take(composed, step)).gradients);
    for (const weighter of [own, composed]) weighter.dispose();
  });

  it('refuses another gradient method before it, and what is none of the options', async () => {
    const weighter = createWeighter({ name: 'pcgrad', losses: 'mgda' }, { tasks });
    const error: unknown = await take(weighter, step).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'CONFIG_INVALID' });
    expect((error as Error).message).to.match(
      /^weighter\.losses: expected a loss weighting, e\.g\. uncertainty/,
    );
    weighter.dispose();
    expect(() => createWeighter({ name: 'imtl', losses: 'dwa' }, { tasks })).to.throw(/losses/);
    expect(() => createWeighter('pcgard', { tasks }))
      .to.throw(/pcgrad/)
      .with.property('code', 'PLUGIN_UNKNOWN');
  });
});

describeOnEach('every weighter', () => {
  const needs: Readonly<Record<string, object>> = {
    constant: { weights: [1] },
    trimmedMean: { trim: 0 },
  };
  const ofThree: Readonly<Record<string, object>> = {
    constant: { weights: [1, 1, 1] },
    // Here all is shared.
    adamt: { kernels: ['a', 'a', 'a'] },
  };
  for (const name of Object.keys(weighters).filter((known) => known !== 'krum')) {
    it(`${name} with one task, and with identical tasks and zero gradients among them`, async () => {
      const alone = createWeighter({ name, ...needs[name] }, { tasks: ['only'] });
      for (let index = 0; index < 3; index++) {
        const { gradients } = await take(alone, { losses: [2], gradients: [{ w: [3, -4] }] }, ['only']);
        for (const value of Object.values(gradients).flat()) expect(value).to.be.finite;
      }
      alone.dispose();
      const spec = { ...needs[name], ...ofThree[name] };
      const several = createWeighter({ name, ...spec }, { tasks: taskNames(3) });
      for (let index = 0; index < 6; index++) {
        const { gradients, weights } = await take(several, {
          losses: [2, 2, 1],
          gradients: [{ a: [3, -4] }, { a: [3, -4] }, { a: [0, 0] }],
        });
        for (const value of [...Object.values(gradients).flat(), ...weights]) expect(value).to.be.finite;
        // All that point anywhere point one way.
        const { a } = gradients;
        if (a) expect(a[0]! * 3 + a[1]! * -4).to.be.at.least(0);
      }
      several.dispose();
    });

    // A geometric mean of losses says nothing once one is 0; that it says so is tested with it.
    if (name === 'gls') continue;
    it(`${name} with batches without a label, the first one among them: losses and gradients of 0`, async () => {
      const spec = name === 'constant' ? { weights: [1, 1] } : needs[name];
      const weighter = createWeighter({ name, ...spec }, { tasks: taskNames(2) });
      const labelled = {
        losses: [2, 1],
        gradients: [
          { a: [3, -4], 'head.task0': [5] },
          { a: [1, 2], 'head.task1': [7] },
        ],
      };
      const unlabelled = {
        losses: [0, 0],
        gradients: [
          { a: [0, 0], 'head.task0': [0] },
          { a: [0, 0], 'head.task1': [0] },
        ],
      };
      for (let index = 0; index < 8; index++) {
        const { gradients, weights } = await take(weighter, index % 3 === 0 ? unlabelled : labelled);
        for (const value of [...Object.values(gradients).flat(), ...weights]) expect(value).to.be.finite;
        if (index === 3) weighter.endEpoch?.([1.3, 0.7]);
      }
      weighter.dispose();
    });
  }
});
