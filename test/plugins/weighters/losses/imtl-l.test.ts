import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { createPart } from '../../../../core/index.js';
import { imtlL } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';
import { copyOf, expectClose, expectNoLeak, ready, steps, take } from '../fake-problem.js';

describeOnEach('imtlL', () => {
  const step = steps(1, 2)[0]!;
  const make = () => ready(createPart(imtlL), 2);

  it('weighs by e^s, and gives s the slope e^s L − 1', async () => {
    const weighter = make();
    expect(await weighter.weights()).to.deep.equal([1, 1]);
    const scales = [0.5, -1];
    Object.values(weighter.parameters).forEach((variable, task) =>
      tf.tidy(() => variable.assign(tf.scalar(scales[task]!))),
    );
    const { gradients, weights } = await take(weighter, step);
    expectClose(weights, scales.map(Math.exp), 1e-6);
    scales.forEach((scale, task) =>
      expectClose(gradients[`logScale.task${task}`]!, [Math.exp(scale) * step.losses[task]! - 1]),
    );
    const wanted = step.gradients[0]!['a']!.map(
      (value, index) => Math.exp(0.5) * value + Math.exp(-1) * step.gradients[1]!['a']![index]!,
    );
    expectClose(gradients['a']!, wanted);
    weighter.dispose();
  });

  it('rests where every scaled loss is 1', async () => {
    const weighter = make();
    Object.values(weighter.parameters).forEach((variable, task) =>
      tf.tidy(() => variable.assign(tf.scalar(-Math.log(step.losses[task]!)))),
    );
    const { gradients } = await take(weighter, step);
    expect(gradients['logScale.task0']![0]).to.be.closeTo(0, 1e-6);
    expect(gradients['logScale.task1']![0]).to.be.closeTo(0, 1e-6);
    weighter.dispose();
  });

  it('takes its state over from another one, to the bit, and refuses that of other tasks', async () => {
    const [one, other] = [make(), make()];
    Object.values(one.parameters).forEach((variable) => tf.tidy(() => variable.assign(tf.scalar(0.3))));
    const saved = copyOf(one.state);
    other.restore(saved);
    tf.dispose(saved.tensors);
    expect(await other.weights()).to.deep.equal(await one.weights());
    const foreign = ready(createPart(imtlL), ['labels', 'distance']);
    expect(() => foreign.restore(one.state)).to.throw(/logScale\.labels: missing/);
    for (const weighter of [one, other, foreign]) weighter.dispose();
  });

  it('leaves no tensor behind', () => expectNoLeak(() => createPart(imtlL)));
});
