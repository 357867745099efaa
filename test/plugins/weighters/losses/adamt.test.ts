import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { adamtWeights, createWeighter, minimize } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';
import {
  copyOf,
  expectClose,
  expectEquivariant,
  expectNoLeak,
  expectResumes,
  FakeProblem,
  ready,
  steps,
  take,
  type Step,
} from '../fake-problem.js';

type Kernels = readonly string[] | Readonly<Record<string, string>> | null;

const step: Step = {
  losses: [2, 3],
  gradients: [
    { a: [1, 0], 'decoder.task0.first': [1, -3], 'decoder.task0.second': [100] },
    { a: [-2, 1], 'decoder.task1.first': [-6, 6, 6], 'decoder.task1.second': [100] },
  ],
};

const make = (kernels: Kernels = null) =>
  createPart(adamtWeights, { kernels: kernels as Record<string, string> | null });

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).to.have.property('code', 'CONFIG_INVALID');
  return (error as Error).message;
};

describeOnEach('adamt', () => {
  it('weighs by the mean magnitude of the first own kernel’s gradient, encoder and decoders alike', async () => {
    const weighter = ready(make(), 2);
    // m = (1 + 3)/2, 18/3
    const { weights, gradients } = await take(weighter, step);
    expectClose(weights, [0.25, 0.75], 1e-7);
    expectClose(gradients.a!, [0.25 - 1.5, 0.75], 1e-6);
    expectClose(gradients['decoder.task0.first']!, [0.25, -0.75], 1e-6);
    expectClose(gradients['decoder.task0.second']!, [25], 1e-6);
    expectClose(gradients['decoder.task1.first']!, [-4.5, 4.5, 4.5], 1e-6);
    weighter.dispose();
  });

  it('takes the kernels that it is told, by name or in order, several or shared ones', async () => {
    const cases: readonly (readonly [Kernels, readonly number[]])[] = [
      [{ task1: 'decoder.task1.first', task0: 'decoder.task0.second' }, [100, 6]],
      [
        ['decoder.task0.first', 'decoder.task1.second'],
        [2, 100],
      ],
      [
        ['decoder.task0.*', 'decoder.task1.*'],
        [104 / 3, 118 / 4],
      ],
      [
        ['a', 'a'],
        [0.5, 1.5],
      ],
      [
        ['*', 'a'],
        [105 / 5, 1.5],
      ],
    ];
    for (const [kernels, magnitudes] of cases) {
      const weighter = ready(make(kernels), 2);
      const { weights } = await take(weighter, step);
      const [first, second] = magnitudes as [number, number];
      expectClose(weights, [first / (first + second), second / (first + second)], 1e-6);
      weighter.dispose();
    }
  });

  it('sums to 1; a loss times c has m times c, and a common factor changes nothing', () =>
    fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0.1, max: 10, noNaN: true }), async (seed, factor) => {
        const [given] = steps(1, 3, seed) as [Step];
        const scaled = (by: (task: number) => number): Step => ({
          losses: given.losses.map((loss, task) => by(task) * loss),
          gradients: given.gradients.map((row, task) =>
            Object.fromEntries(
              Object.entries(row).map(([name, values]) => [name, values.map((value) => by(task) * value)]),
            ),
          ),
        });
        const weightsOf = async (one: Step): Promise<readonly number[]> =>
          (await take(ready(make(), 3), one)).weights;
        const weights = await weightsOf(given);
        expect(weights.reduce((total, weight) => total + weight, 0)).to.be.closeTo(1, 1e-12);
        expectClose(await weightsOf(scaled(() => factor)), weights, 1e-6);
        const one = await weightsOf(scaled((task) => (task === 0 ? factor : 1)));
        expectClose([one[0]! / one[1]!], [(factor * weights[0]!) / weights[1]!], 1e-5);
      }),
      { numRuns: 20 },
    ));

  it('weighs a task without gradient by 0, and all alike where none has any', async () => {
    const still = (...tasks: number[]): Step => ({
      losses: step.losses,
      gradients: step.gradients.map((row, task) =>
        tasks.includes(task)
          ? Object.fromEntries(Object.entries(row).map(([name, values]) => [name, values.map(() => 0)]))
          : row,
      ),
    });
    const weighter = ready(make(), 2);
    expect((await take(weighter, still(0))).weights).to.deep.equal([0, 1]);
    expect((await take(weighter, still(0, 1))).weights).to.deep.equal([0.5, 0.5]);
    weighter.dispose();
  });

  it('keeps to the kernels of the first step, also where a later loss reaches none, and after a resume', async () => {
    const lacking: Step = { losses: [2, 0], gradients: [step.gradients[0]!, {}] };
    const first = ready(make(), 2);
    await take(first, step);
    const second = ready(make(), 2);
    second.restore(copyOf(first.state));
    for (const weighter of [first, second]) {
      expect((await take(weighter, lacking)).weights).to.deep.equal([1, 0]);
      weighter.dispose();
    }
  });

  it('says which task has no kernel, or not the one that was named', async () => {
    const shared: Step = { losses: [1, 1], gradients: [step.gradients[0]!, { a: [1, 1] }] };
    expect(await messageOf(take(ready(make(), 2), shared))).to.equal(
      'weighter.kernels: expected a kernel that the loss of "task1" reaches, as adamt needs it, found 0 parameters ' +
        'that it alone reaches, none of them a kernel; name a parameter for each task in weighter.kernels',
    );
    const swapped = ready(make(['decoder.task1.first', 'decoder.task0.first']), 2);
    expect(await messageOf(take(swapped, step))).to.include(
      'a kernel that the loss of "task0" reaches, as adamt needs it, found "decoder.task1.first", which it does not reach',
    );
    expect(() => ready(make({ task0: 'a' }), 2)).to.throw(
      'weighter.kernels: expected a name for each task (task0, task1), found none for task1',
    );
  });

  it('treats its tasks alike, resumes, and leaves no tensor behind', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
    await expectNoLeak(make);
  });

  it('goes before a gradient method', async () => {
    const over = createWeighter({ name: 'sum', losses: 'adamt' }, { tasks: ['task0', 'task1'] });
    const plain = ready(make(), 2);
    const [found, wanted] = [await take(over, step), await take(plain, step)];
    for (const [name, values] of Object.entries(wanted.gradients))
      expectClose(found.gradients[name]!, values);
    for (const weighter of [over, plain]) weighter.dispose();
  });

  it('asks for no gradients but those of the kernels', async () => {
    const problem = new FakeProblem(step);
    tf.dispose(await ready(make(), 2).update(problem));
    problem.dispose();
    expect(problem.scopes).to.deep.equal([['decoder.task0.first', 'decoder.task1.first']]);
  });

  it('finds the kernels of any model, and walks the shared part and the heads once each', async () => {
    const tensors = tf.memory().numTensors;
    const passes = { trunk: 0, left: 0, right: 0 };
    const counted = (x: tf.Tensor, of: keyof typeof passes): tf.Tensor =>
      tf.customGrad((given, save) => {
        (save as tf.GradSaveFunc)([]);
        return {
          value: (given as tf.Tensor).clone(),
          gradFunc: (dy: tf.Tensor) => {
            passes[of]++;
            return dy.clone();
          },
        };
      })(x);
    const [trunk, bias, left, right] = tf.tidy(() => [
      tf.variable(tf.tensor2d([0.5, -1, 2, 1], [2, 2]), true, 'any trunk'),
      tf.variable(tf.tensor1d([0.1]), true, 'a bias that comes first'),
      tf.variable(tf.tensor2d([1, -2], [2, 1]), true, 'any head'),
      tf.variable(tf.tensor2d([3, 1], [2, 1]), true, 'another head'),
    ]);
    const x = tf.tensor2d([1, 2, -1, 3], [2, 2]);
    const forward = () => {
      const features = counted(tf.matMul(x, trunk), 'trunk');
      const lossOf = (input: tf.Tensor, head: tf.Variable, of: 'left' | 'right') =>
        tf.mean<tf.Scalar>(tf.square(counted(tf.matMul(input, head), of)));
      return {
        left: lossOf(tf.add(features, bias), left, 'left'),
        right: lossOf(features, right, 'right'),
      };
    };
    const [toLeft, toRight] = (['left', 'right'] as const).map((task) => {
      const head = task === 'left' ? left : right;
      const { value, grads } = tf.variableGrads(() => forward()[task], [head]);
      const mean = tf.tidy(() => tf.mean(tf.abs(Object.values(grads)[0]!)).dataSync()[0]!);
      tf.dispose([value, grads] as tf.TensorContainer[]);
      return mean;
    }) as [number, number];
    Object.assign(passes, { trunk: 0, left: 0, right: 0 });
    const weighter = createWeighter('adamt', { tasks: ['left', 'right'] });
    const optimizer = tf.train.sgd(0.01);
    const variables = [right, left, bias, trunk] as tf.Variable[];
    await minimize(forward, { weighter, variables, optimizer });
    expectClose(await weighter.weights(), [toLeft / (toLeft + toRight), toRight / (toLeft + toRight)], 1e-6);
    expect(passes).to.deep.equal({ trunk: 1, left: 1, right: 1 });
    weighter.dispose();
    optimizer.dispose();
    tf.dispose([x, trunk, bias, left, right] as tf.TensorContainer[]);
    expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
  });
});
