import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Tape, TapeProblem, type MultiTaskProblem } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';

const [batch, width] = [5, 24];
const tasks = ['a', 'b', 'c'] as const;

/** A trunk of dense layers, wider than the batch is long, and a head per task. */
function trunk(): tf.LayersModel {
  const input = tf.input({ shape: [width] });
  const dense = (units: number, name: string) => tf.layers.dense({ units, name, activation: 'relu' });
  const hidden = dense(40, 'two').apply(dense(32, 'one').apply(input)) as tf.SymbolicTensor;
  const outputs = tasks.map(
    (task) => tf.layers.dense({ units: 1, name: task }).apply(hidden) as tf.SymbolicTensor,
  );
  const model = tf.model({ inputs: input, outputs });
  tf.tidy(() =>
    model.setWeights(
      model.getWeights().map(({ shape }, index) => tf.tensor(hashed(`dense.${index}`, shape, 0.6), shape)),
    ),
  );
  return model;
}

describeOnEach('gradients of dense layers that are not multiplied out', () => {
  let model: tf.LayersModel;
  let x: tf.Tensor;
  let tensorsBefore: number;

  beforeEach(() => {
    tensorsBefore = tf.memory().numTensors;
    model = trunk();
    x = tf.tensor(hashed('dense.x', [batch, width], 2), [batch, width]);
  });

  afterEach(() => {
    model.dispose();
    x.dispose();
    expect(tf.memory().numTensors, 'tensors left').to.equal(tensorsBefore);
  });

  async function withProblem<T>(
    use: (problem: MultiTaskProblem) => T | Promise<T>,
    count: number = tasks.length,
  ): Promise<T> {
    const variables = model.trainableWeights.map((weight) => [weight.originalName, weight.read()] as const);
    const { tape, result } = Tape.record(() =>
      (model.apply(x, { training: true }) as tf.Tensor[])
        .slice(0, count)
        .map((output, task) => tf.mean<tf.Scalar>(tf.pow(tf.sub(output, task), 2))),
    );
    const problem = new TapeProblem({
      tasks: tasks.slice(0, count),
      losses: result,
      values: [...tf.tidy(() => tf.stack(result).dataSync())],
      tape,
      parameters: Object.fromEntries(variables) as Record<string, tf.Variable>,
    });
    try {
      return await use(problem);
    } finally {
      problem.dispose();
      tf.dispose(result);
    }
  }

  it('have the inner products of the gradients themselves', async () => {
    const found = await withProblem((problem) => problem.perTask('shared').gramian());
    const wanted = await withProblem(async (problem) => {
      const gradients = problem.perTask('shared');
      await gradients.perTask();
      return gradients.gramian();
    });
    const scale = Math.max(...wanted.flat());
    wanted.forEach((row, i) =>
      row.forEach((value, j) => expect(found[i]![j]).to.be.closeTo(value, 2e-6 * scale)),
    );
  });

  it('combine to what the gradients themselves combine to, whether their Gramian was asked for or not', async () => {
    const coefficients = [0.3, -1.2, 2];
    const [deferred, afresh] = await Promise.all(
      [true, false].map((ask) =>
        withProblem(async (problem) => {
          const gradients = problem.perTask('shared');
          if (ask) await gradients.gramian();
          return gradients.combine(coefficients);
        }),
      ),
    );
    expect(Object.keys(deferred!)).to.have.members(Object.keys(afresh!));
    for (const [name, gradient] of Object.entries(afresh!)) {
      const values = gradient.dataSync();
      const scale = Math.max(...values.map(Math.abs));
      const found = deferred![name]!.dataSync();
      found.forEach((value, at) => expect(value, name).to.be.closeTo(values[at]!, 1e-5 * scale));
    }
    tf.dispose([deferred!, afresh!] as tf.TensorContainer[]);
  });

  it('take no memory for a layer’s gradients, which two tasks would keep otherwise', async () => {
    const kernels = 4 * (width * 32 + 32 * 40);
    const grown = (ask: (problem: MultiTaskProblem) => Promise<unknown>): Promise<number> =>
      withProblem(async (problem) => {
        const before = tf.memory().numBytes;
        await ask(problem);
        return tf.memory().numBytes - before;
      }, 2);
    expect(await grown((problem) => problem.perTask('shared').gramian())).to.be.below(kernels / 2);
    expect(await grown((problem) => problem.perTask('shared').perTask())).to.be.above(2 * kernels);
  });
});
