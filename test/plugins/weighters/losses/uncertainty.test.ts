import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { assign, closeTo, gradients, losses, make, update } from '../weighters.js';
import { describeOnEach } from '../../../engines.js';

const logVariances = [0.4, -0.7];

/** L = Σ a_t e^(−s_t) L_t + b s_t: a of a classification, a of a regression, b */
const forms = { authors: [0.5, 0.5, 1], kendall: [1, 0.5, 0.5] } as const;

describeOnEach('uncertainty', () => {
  for (const [form, [ofLabels, ofDistance, penalty]] of Object.entries(forms)) {
    it(`${form}: weights, and the gradients of the model and of s`, async () => {
      const tensors = tf.memory().numTensors;
      const weighter = make({ name: 'uncertainty', form });
      assign(weighter, logVariances);
      const omegas = [
        ofLabels * Math.exp(-logVariances[0]!),
        ofDistance * Math.exp(-logVariances[1]!),
      ] as const;
      const weights = await weighter.weights();
      weights.forEach((weight, index) => expect(weight).to.be.closeTo(omegas[index]!, 1e-6));
      const found = await update(weighter);
      const wanted = {
        a: omegas[0] * gradients[0].a + omegas[1] * gradients[1].a,
        b: omegas[0] * gradients[0].b,
        'logVariance.labels': penalty - omegas[0] * losses[0],
        'logVariance.distance': penalty - omegas[1] * losses[1],
      };
      expect(closeTo(found, wanted), JSON.stringify({ found, wanted })).to.equal(true);
      weighter.dispose();
      expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
    });
  }

  it('starts at s = 0', async () => {
    const [authors, kendall] = [make('uncertainty'), make({ name: 'uncertainty', form: 'kendall' })];
    expect(await authors.weights()).to.deep.equal([0.5, 0.5]);
    expect(await kendall.weights()).to.deep.equal([1, 0.5]);
    authors.dispose();
    kendall.dispose();
  });

  it('takes its state over from another one, to the bit', () => {
    const [saved, restored] = [make('uncertainty'), make('uncertainty')];
    assign(saved, logVariances);
    restored.restore(saved.state);
    const values = Object.entries(restored.state.tensors).map(([name, tensor]) => [name, tensor.dataSync()]);
    expect(values).to.deep.equal([
      ['logVariance.labels', Float32Array.of(0.4)],
      ['logVariance.distance', Float32Array.of(-0.7)],
    ]);
    saved.dispose();
    expect(restored.parameters['logVariance.labels']!.isDisposed).to.equal(false);
    restored.dispose();
  });

  it('refuses the state of other tasks, and keeps its own', () => {
    const weighter = make('uncertainty');
    assign(weighter, logVariances);
    const other = tf.scalar(1);
    expect(() =>
      weighter.restore({
        tensors: { 'logVariance.labels': other, 'logVariance.normals': other },
        values: {},
      }),
    )
      .to.throw(/logVariance\.distance: missing\n.*logVariance\.normals: not in this weighter/)
      .with.property('code', 'CHECKPOINT_INVALID');
    expect(weighter.parameters['logVariance.labels']!.dataSync()).to.deep.equal(Float32Array.of(0.4));
    weighter.dispose();
    other.dispose();
  });
});
