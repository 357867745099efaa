import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Tape, TapeProblem, type NamedGradients } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { distance, normOf } from '../../oracles/compare.js';
import { hashed } from '../../oracles/values.js';
import { deviation, openCases } from './open-case.js';

const scopes = ['shared', 'representation', 'all'] as const;

/** ⟨g_i, g_j⟩ in double precision. */
function innerProduct(left: NamedGradients, right: NamedGradients): number {
  return Object.entries(left).reduce((sum, [name, gradient]) => {
    const other = right[name]?.dataSync<'float32'>();
    const own = gradient.dataSync<'float32'>();
    return other ? own.reduce((total, value, place) => total + value * other[place]!, sum) : sum;
  }, 0);
}

function partsOf(names: readonly string[]): string[] {
  return [
    ...new Set(
      names.map((name) =>
        name
          .split('.')
          .slice(0, name.startsWith('encoder.') ? 1 : 2)
          .join('.'),
      ),
    ),
  ];
}

describeOnEach('TapeProblem', () => {
  const opened = openCases();
  const { open, fromAnother, taskGradients } = opened;

  it('weighted: Σ ω_t g_t, before and after the tasks’ own passes', async () => {
    open('xtc-soft');
    const weights = [0.7, 1.3];
    const all = await taskGradients();
    const wanted = await fromAnother((problem) => problem.weighted(weights));
    await opened.pass.problem.perTask('shared').gramian();
    const found = opened.pass.problem.weighted(weights);
    // The same sums in another order: all their rounding errors differ.
    expect(deviation(found, wanted)).to.be.at.most(5e-6);
    // A transfer net belongs to the task that it starts at.
    const kernel = 'transfer.depth-segmentation.head.kernel';
    expect(all[0]).to.not.have.property(kernel);
    tf.tidy(() => {
      const scaled = tf.mul(all[1]![kernel]!, 1.3).dataSync();
      expect(distance(found[kernel]!.dataSync(), scaled) / normOf(scaled)).to.be.at.most(5e-6);
    });
    tf.dispose([wanted, found, ...all] as tf.TensorContainer[]);
  });

  for (const scope of scopes) {
    for (const name of ['xtc-soft', 'cycles', 'mt-net', 'st-net']) {
      it(`perTask('${scope}') of ${name}: combined with ones it is the plain sum`, async () => {
        open(name);
        const combined = opened.pass.problem.perTask(scope).combine([1, 1]);
        const wanted = await fromAnother((problem) => problem.weighted([1, 1]));
        expect(deviation(combined, wanted)).to.be.at.most(5e-6);
        tf.dispose([combined, wanted] as tf.TensorContainer[]);
      });
    }

    it(`perTask('${scope}'): the Gramian holds the inner products`, async () => {
      open('xtc-soft');
      const found = await opened.pass.problem.perTask(scope).gramian();
      const perTask = await opened.pass.problem.perTask(scope).perTask();
      const wanted = perTask.map((left) => perTask.map((right) => innerProduct(left, right)));
      // What is added up in float32, the parameters' products last, comes to at most ‖g_i‖ ‖g_j‖: some 60 additions one
      // after the other, each off by up to 2^-24 of that, leave about √60 · 2^-24 = 5e-7. Allowed is twice as much.
      found.forEach((row, i) =>
        row.forEach((value, j) => {
          const scale = Math.sqrt(wanted[i]![i]! * wanted[j]![j]!);
          expect(value).to.be.closeTo(wanted[i]![j]!, 1e-6 * scale);
        }),
      );
      expect(found[0]![1]).to.equal(found[1]![0]);
    });

    it(`perTask('${scope}') of weighted losses: ω scales the gradients`, async () => {
      open('xtc-soft');
      const weights = [0.5, 2];
      const plain = await opened.pass.problem.perTask(scope).gramian();
      const scaled = opened.pass.problem.perTask(scope, weights);
      const found = await scaled.gramian();
      found.forEach((row, i) =>
        row.forEach((value, j) =>
          expect(value).to.be.closeTo(plain[i]![j]! * weights[i]! * weights[j]!, 1e-7 * plain[0]![0]!),
        ),
      );
      const combined = scaled.combine([1, 1]);
      const wanted = await fromAnother((problem) => problem.weighted(weights));
      expect(deviation(combined, wanted)).to.be.at.most(5e-6);
      tf.dispose([combined, wanted] as tf.TensorContainer[]);
    });
  }

  it('a transfer net that is on the way back of another task’s round trip has a gradient of both', async () => {
    open('cycles');
    const all = await taskGradients();
    const wanted = await fromAnother((problem) => problem.weighted([1, 1]));
    for (const edge of ['segmentation-depth', 'depth-segmentation']) {
      const kernel = `transfer.${edge}.head.kernel`;
      tf.tidy(() => {
        const sum = tf.add(all[0]![kernel]!, all[1]![kernel]!).dataSync();
        expect(distance(wanted[kernel]!.dataSync(), sum) / normOf(sum), edge).to.be.at.most(5e-6);
      });
    }
    tf.dispose([wanted, ...all] as tf.TensorContainer[]);
  });

  it('takes the tasks’ passes once for all who ask for the same gradients', async () => {
    open('xtc-soft');
    const first = await opened.pass.problem.perTask('shared').gramian();
    const tensors = tf.memory().numTensors;
    expect(await opened.pass.problem.perTask('shared').gramian()).to.deep.equal(first);
    expect(tf.memory().numTensors, 'nothing is kept again').to.equal(tensors);
  });

  it('weights the scope alone; parameters outside it get the plain sum', async () => {
    open('xtc-soft');
    const all = await taskGradients();
    const combined = opened.pass.problem.perTask('shared').combine([2, -1]);
    tf.tidy(() => {
      const encoder = 'encoder.conv1.kernel';
      const wanted = tf.sub(tf.mul(all[0]![encoder]!, 2), all[1]![encoder]!).dataSync();
      expect(distance(combined[encoder]!.dataSync(), wanted) / normOf(wanted)).to.be.at.most(5e-6);
      for (const [task, head] of [
        [0, 'decoder.segmentation.head.kernel'],
        [1, 'decoder.depth.head.kernel'],
      ] as const) {
        expect(combined[head]!.dataSync()).to.deep.equal(all[task]![head]!.dataSync());
      }
    });
    tf.dispose([combined, ...all] as tf.TensorContainer[]);
  });

  it('takes a list of names as the scope, and says which are none', async () => {
    open('xtc-soft');
    const names = ['encoder.layer4*', 'decoder.depth.head.kernel'];
    const perTask = await opened.pass.problem.perTask(names).perTask();
    const isNamed = (name: string): boolean => name.startsWith('encoder.layer4') || name === names[1];
    const own = Object.keys(opened.network.model.parameters).filter(isNamed);
    expect(Object.keys(perTask[1]!)).to.have.members(own);
    expect(Object.keys(perTask[0]!)).to.have.members(own.filter((name) => name !== names[1]));
    const combined = opened.pass.problem.perTask(names).combine([3, 0]);
    const [first, plain] = [
      await fromAnother((problem) => problem.weighted([3, 0])),
      await fromAnother((problem) => problem.weighted([1, 1])),
    ];
    const wanted = Object.fromEntries(
      Object.keys(plain).map((name) => [name, (isNamed(name) ? first : plain)[name]!]),
    );
    expect(deviation(combined, wanted)).to.be.at.most(5e-6);
    expect(() => opened.pass.problem.perTask(['encoder.layer9*']))
      .to.throw(/expected names of parameters, such as encoder\..*, found "encoder\.layer9\*"/)
      .with.property('code', 'CONFIG_INVALID');
    tf.dispose([combined, first, plain] as tf.TensorContainer[]);
  });

  it('representation: a combination of the features’ gradients reaches the encoder as that of the parameters', async () => {
    open('xtc-soft');
    const gradients = opened.pass.problem.perTask('representation');
    expect(Object.keys((await gradients.perTask())[0]!)).to.have.members(
      [0, 1, 2, 3, 4].map((index) => `representation.${index}`),
    );
    const combined = gradients.combine([2, -1]);
    const wanted = await fromAnother((problem) => problem.perTask('shared').combine([2, -1]));
    expect(deviation(combined, wanted)).to.be.at.most(5e-6);
    tf.dispose([combined, wanted] as tf.TensorContainer[]);
  });

  it('finds the encoder shared, and nothing but the encoder, under cross-task consistency', async () => {
    open('xtc-soft');
    const perTask = await opened.pass.problem.perTask('shared').perTask();
    const encoder = Object.keys(opened.network.model.parameters).filter((name) =>
      name.startsWith('encoder.'),
    );
    for (const gradients of perTask) expect(Object.keys(gradients)).to.have.members(encoder);
    const all = await opened.pass.problem.perTask('all').perTask();
    expect(all.map((gradients) => partsOf(Object.keys(gradients)))).to.deep.equal([
      ['encoder', 'decoder.segmentation', 'transfer.segmentation-depth'],
      ['encoder', 'decoder.depth', 'transfer.depth-segmentation'],
    ]);
  });

  it('lists each task’s own parameters as the forward pass comes to them', () => {
    open('xtc-soft');
    const own = opened.pass.problem.ownParameters();
    const all = Object.keys(opened.network.model.parameters);
    ['segmentation', 'depth'].forEach((task, index) => {
      const names = own[index]!.map(({ name }) => name);
      expect(names[0]).to.equal(`decoder.${task}.block1.conv1.kernel`);
      expect(own[index]![0]!.shape).to.deep.equal(opened.network.model.parameters[names[0]!]!.shape);
      const isOwn = (name: string): boolean =>
        name.startsWith(`decoder.${task}.`) || name.startsWith(`transfer.${task}-`);
      expect(names).to.have.members(all.filter(isOwn));
    });
  });

  it('finds a network’s whole way its own where nothing is shared', () => {
    open('st-net');
    const own = opened.pass.problem.ownParameters();
    expect(own.map(([first]) => first!.name)).to.deep.equal([
      'encoder.segmentation.conv1.kernel',
      'encoder.depth.conv1.kernel',
    ]);
    expect(own.flat()).to.have.lengthOf(Object.keys(opened.network.model.parameters).length);
  });

  it('finds nothing shared in a network per task', async () => {
    open('st-net');
    const shared = opened.pass.problem.perTask('shared');
    expect(await shared.perTask()).to.deep.equal([{}, {}]);
    expect(await shared.gramian()).to.deep.equal([
      [0, 0],
      [0, 0],
    ]);
  });

  it('keeps digits in a Gramian over millions of values', async () => {
    open('mt-net');
    const shape = [3, 3, 256, 512];
    const values = hashed('a large kernel', shape, 1).map((value) => value + 1);
    const kernel = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    const { tape, result } = Tape.record(() => [tf.mul<tf.Scalar>(tf.sum(tf.square(kernel)), 0.5)]);
    const problem = new TapeProblem({
      tasks: ['a'],
      losses: result,
      values: [0],
      tape,
      parameters: { kernel },
    });
    const gramian = await problem.perTask('all').gramian();
    const wanted = values.reduce((sum, value) => sum + value * value, 0);
    expect(gramian[0]![0]! / wanted).to.be.closeTo(1, 3e-6);
    problem.dispose();
    tf.dispose([kernel, ...result]);
  });

  it('takes a gradient that a method made itself', async () => {
    open('mt-net');
    const gradients = opened.pass.problem.perTask('shared');
    const own = (await gradients.perTask())[1]!;
    const completed = gradients.complete(own);
    const wanted = await fromAnother((problem) => problem.perTask('shared').combine([0, 1]));
    expect(deviation(completed, wanted)).to.be.at.most(1e-6);
    // What comes back belongs to the caller, though it was given the problem's own tensors.
    tf.dispose([completed, wanted] as tf.TensorContainer[]);
    expect(own['encoder.conv1.kernel']!.isDisposed).to.equal(false);
  });
});
