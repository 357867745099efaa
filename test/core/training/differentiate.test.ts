import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { differentiate, type Differentiated, type Weighter } from '../../../core/index.js';
import { createWeighter } from '../../../plugins/weighters/index.js';
import { describeOnEach } from '../../engines.js';

describeOnEach('differentiate', () => {
  let w: tf.Variable;
  let tensors: number;

  beforeEach(() => {
    tensors = tf.memory().numTensors;
    w = tf.tidy(() => tf.variable(tf.tensor1d([3, -4])));
  });

  afterEach(() => {
    w.dispose();
    expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
  });

  type Losses = Readonly<Record<string, () => tf.Tensor>>;

  async function step(losses: Losses, weighter: Weighter, diagnose = false): Promise<Differentiated> {
    try {
      const found = await differentiate({
        forward: () =>
          Object.fromEntries(
            Object.entries(losses).map(([task, loss]) => [task, { total: loss() as tf.Scalar }]),
          ),
        weighter,
        parameters: { w },
        diagnose,
      });
      tf.dispose(found.gradients);
      return found;
    } finally {
      weighter.dispose();
    }
  }

  const good = (): tf.Tensor => tf.sum(tf.square(w));
  /** 0, with a slope of 0 · ∞. */
  const rooted = (): tf.Tensor => tf.sum(tf.sqrt(tf.mul(tf.square(w), 0)));
  const tasks = ['good', 'rooted'];

  for (const name of ['equal', 'uncertainty', 'pcgrad', 'graddrop', 'gradnorm']) {
    it(`names the task whose gradient is no number though its loss is one: ${name}`, async () => {
      const error: unknown = await step({ good, rooted }, createWeighter(name, { tasks })).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.include({ name: 'MtlError', code: 'GRADIENT_NOT_FINITE' });
      expect((error as Error).message).to.match(/^The gradient of task "rooted" is not finite/);
    });
  }

  it('names the task whose loss is no number, before any gradient', async () => {
    const infinite = (): tf.Tensor => tf.mul(tf.sum(w), Infinity);
    const error: unknown = await step(
      { good, infinite },
      createWeighter('mgda', { tasks: ['good', 'infinite'] }),
    ).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'LOSS_NOT_FINITE' });
    expect((error as Error).message).to.match(/^The loss of task "infinite" is -Infinity; /);
  });

  it('compares the tasks’ gradients where it is asked to: norms, cosines, conflicts', async () => {
    const sum = (): tf.Tensor => tf.sum(w);
    const other = (): tf.Tensor => tf.sum(tf.mul(w, [-1, 0]));
    const still = (): tf.Tensor => tf.mul(tf.sum(w), 0);
    const names = ['sum', 'other', 'still'];
    const { diagnostics } = await step(
      { sum, other, still },
      createWeighter('equal', { tasks: names }),
      true,
    );
    expect(diagnostics!.norms.sum).to.be.closeTo(Math.SQRT2, 1e-6);
    expect(diagnostics!.norms).to.deep.include({ other: 1, still: 0 });
    expect(diagnostics!.cosines.sum!.other).to.be.closeTo(-Math.SQRT1_2, 1e-6);
    expect(diagnostics!.cosines.sum!.still).to.equal(0);
    expect(diagnostics!.conflicts).to.deep.equal([['sum', 'other']]);
  });
});
