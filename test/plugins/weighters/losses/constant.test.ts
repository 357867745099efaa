import { expect } from 'chai';
import { createPart } from '../../../../core/index.js';
import { constant } from '../../../../plugins/weighters/index.js';
import { describeOn } from '../../../engines.js';
import { expectClose, ready, steps, sum, take } from '../fake-problem.js';

describeOn('wasm', 'constant', () => {
  const weights = { task1: 0.5, task0: 2 };

  it('weighs as it is told, by name or in order', async () => {
    for (const given of [weights, [2, 0.5]]) {
      const weighter = ready(createPart(constant, { weights: given }), 2);
      const [step] = steps(1, 2) as [ReturnType<typeof steps>[0]];
      const { gradients, weights: found } = await take(weighter, step);
      expect(found).to.deep.equal([2, 0.5]);
      const [first, second] = step.gradients;
      expectClose(
        gradients['a']!,
        sum([{ a: first!['a']!.map((v) => 2 * v) }, { a: second!['a']!.map((v) => v / 2) }])['a']!,
      );
      weighter.dispose();
    }
  });

  it('names the tasks that lack a weight and the names that are no task', () => {
    expect(() => ready(createPart(constant, { weights }), ['task0', 'depth']))
      .to.throw(
        'weighter.weights: expected a number for each task (task0, depth), found none for depth, and one for task1, which is no task',
      )
      .with.property('code', 'CONFIG_INVALID');
    expect(() => ready(createPart(constant, { weights: [1, 2, 3] }), 2))
      .to.throw('weighter.weights: expected a number for each task (task0, task1), found 3 numbers')
      .with.property('code', 'CONFIG_INVALID');
  });

  it('refuses negative weights, and none', () => {
    expect(() => createPart(constant, { weights: [-1, 1] })).to.throw(/weights/);
    expect(() => createPart(constant, undefined as never)).to.throw(/weights/);
  });
});
