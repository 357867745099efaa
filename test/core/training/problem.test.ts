import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Tape, TapeProblem, type GradientScope, type NamedGradients } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { distance, normOf } from '../../oracles/compare.js';
import { hashed } from '../../oracles/values.js';
import {
  buildGolden,
  golden,
  goldenBatch,
  recordPass,
  type GoldenNetwork,
  type RecordedPass,
} from '../model/golden.js';

const scopes = ['shared', 'representation', 'all'] as const;

/** ‖found − wanted‖ / ‖wanted‖ over all gradients together; the names must be the same. */
function deviation(found: NamedGradients, wanted: NamedGradients): number {
  expect(Object.keys(found)).to.have.members(Object.keys(wanted));
  const names = Object.keys(wanted);
  const errors = names.map((name) => distance(found[name]!.dataSync(), wanted[name]!.dataSync()));
  return normOf(errors) / normOf(names.map((name) => normOf(wanted[name]!.dataSync())));
}

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
  let network: GoldenNetwork;
  let pass: RecordedPass;
  let tensorsBefore: number;

  function open(name: string): void {
    tensorsBefore = tf.memory().numTensors;
    const { options } = golden.cases[name]!;
    network = buildGolden(options);
    pass = recordPass(network, goldenBatch(options.batch, options.depthLabels));
  }

  afterEach(() => {
    pass.dispose();
    network.dispose();
    expect(tf.memory().numTensors, 'tensors left').to.equal(tensorsBefore);
  });

  /** The tasks' gradients for all parameters, each from a pass of its own: what everything else is compared with. */
  function taskGradients(): readonly NamedGradients[] {
    return pass.problem.perTask('all').perTask;
  }

  it('weighted: Σ ω_t g_t, for numbers and for a tensor', () => {
    open('xtc-soft');
    const weights = [0.7, 1.3];
    const perTask = pass.problem.perTask('all');
    const wanted = perTask.combine(weights);
    const tensor = tf.tensor1d(weights);
    const fromTensor = perTask.combine(tensor);
    const found = pass.problem.weighted(tensor);
    // The same sums in another order: all their rounding errors differ.
    expect(deviation(found, wanted)).to.be.at.most(5e-6);
    expect(deviation(fromTensor, wanted)).to.equal(0);
    const [segmentation, depth] = perTask.perTask;
    // A transfer net belongs to the task that it starts at.
    const kernel = 'transfer.depth-segmentation.head.kernel';
    expect(segmentation).to.not.have.property(kernel);
    tf.tidy(() => {
      const scaled = tf.mul(depth![kernel]!, 1.3).dataSync();
      expect(distance(found[kernel]!.dataSync(), scaled) / normOf(scaled)).to.be.at.most(5e-6);
    });
    tf.dispose([tensor, wanted, fromTensor, found] as tf.TensorContainer[]);
  });

  for (const scope of scopes) {
    for (const name of ['xtc-soft', 'mt-net', 'st-net']) {
      it(`perTask('${scope}') of ${name}: combined with ones it is the plain sum`, () => {
        open(name);
        const combined = pass.problem.perTask(scope).combine([1, 1]);
        const wanted = pass.problem.weighted([1, 1]);
        expect(deviation(combined, wanted)).to.be.at.most(1e-6);
        tf.dispose([combined, wanted] as tf.TensorContainer[]);
      });
    }

    it(`perTask('${scope}'): the Gramian holds the inner products`, () => {
      open('xtc-soft');
      const gradients = pass.problem.perTask(scope);
      const gramian = gradients.gramian();
      const found = gramian.arraySync();
      const wanted = gradients.perTask.map((left) =>
        gradients.perTask.map((right) => innerProduct(left, right)),
      );
      gramian.dispose();
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
  }

  it('weights the scope alone; parameters outside it get the plain sum', () => {
    open('xtc-soft');
    const all = taskGradients();
    const combined = pass.problem.perTask('shared').combine([2, -1]);
    tf.tidy(() => {
      const encoder = 'encoder.conv1.kernel';
      const wanted = tf.sub(tf.mul(all[0]![encoder]!, 2), all[1]![encoder]!).dataSync();
      expect(distance(combined[encoder]!.dataSync(), wanted) / normOf(wanted)).to.be.at.most(1e-6);
      for (const [task, head] of [
        [0, 'decoder.segmentation.head.kernel'],
        [1, 'decoder.depth.head.kernel'],
      ] as const) {
        expect(combined[head]!.dataSync()).to.deep.equal(all[task]![head]!.dataSync());
      }
    });
    tf.dispose(combined);
  });

  it('representation: a combination of the features’ gradients reaches the encoder as that of the parameters', () => {
    open('xtc-soft');
    const gradients = pass.problem.perTask('representation');
    expect(Object.keys(gradients.perTask[0]!)).to.deep.equal(
      [0, 1, 2, 3, 4].map((index) => `representation.${index}`),
    );
    const combined = gradients.combine([2, -1]);
    const wanted = pass.problem.perTask('shared').combine([2, -1]);
    expect(deviation(combined, wanted)).to.be.at.most(1e-6);
    tf.dispose([combined, wanted] as tf.TensorContainer[]);
  });

  it('finds the encoder shared, and nothing but the encoder, under cross-task consistency', () => {
    open('xtc-soft');
    const { perTask } = pass.problem.perTask('shared');
    const encoder = Object.keys(network.model.parameters).filter((name) => name.startsWith('encoder.'));
    for (const gradients of perTask) expect(Object.keys(gradients)).to.have.members(encoder);
    const reached = taskGradients().map((gradients) => partsOf(Object.keys(gradients)));
    expect(reached).to.deep.equal([
      ['encoder', 'decoder.segmentation', 'transfer.segmentation-depth'],
      ['encoder', 'decoder.depth', 'transfer.depth-segmentation'],
    ]);
  });

  it('finds nothing shared in a network per task', () => {
    open('st-net');
    const shared = pass.problem.perTask('shared');
    expect(shared.perTask).to.deep.equal([{}, {}]);
    const gramian = shared.gramian();
    expect(gramian.arraySync()).to.deep.equal([
      [0, 0],
      [0, 0],
    ]);
    gramian.dispose();
  });

  it('keeps digits in a Gramian over millions of values', () => {
    open('mt-net');
    const shape = [3, 3, 256, 512];
    const values = hashed('a large kernel', shape, 1).map((value) => value + 1);
    const kernel = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    const { tape, result } = Tape.record(() => [tf.mul<tf.Scalar>(tf.sum(tf.square(kernel)), 0.5)]);
    const problem = new TapeProblem({
      tasks: ['a'],
      losses: result,
      tape,
      parameters: { kernel },
      representation: [],
    });
    const gramian = problem.perTask('all').gramian();
    const wanted = values.reduce((sum, value) => sum + value * value, 0);
    expect(gramian.dataSync()[0]! / wanted).to.be.closeTo(1, 3e-6);
    problem.dispose();
    tf.dispose([gramian, kernel, ...result]);
  });

  it('takes a gradient that a method made itself', () => {
    open('mt-net');
    const scope: GradientScope = 'shared';
    const gradients = pass.problem.perTask(scope);
    const own = gradients.perTask[1]!;
    const completed = gradients.complete(own);
    const wanted = gradients.combine([0, 1]);
    expect(deviation(completed, wanted)).to.equal(0);
    // What comes back belongs to the caller, though it was given the problem's own tensors.
    tf.dispose([completed, wanted] as tf.TensorContainer[]);
    expect(own['encoder.conv1.kernel']!.isDisposed).to.equal(false);
  });
});
