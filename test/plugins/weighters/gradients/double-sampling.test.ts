import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Random, type NamedGradients } from '../../../../core/index.js';
import type { TensorRule } from '../../../../plugins/weighters/common/tensor-method.js';
import { modo, sdmgrad } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';

/** g_t over two parameters, the second task without the second one. */
function batch(first: number, second: number): NamedGradients[] {
  return [{ w: tf.tensor2d([[first], [0]]), v: tf.tensor1d([1]) }, { w: tf.tensor2d([[second], [1]]) }];
}

async function feed(rule: TensorRule, first: number, second: number): Promise<unknown> {
  const gradients = batch(first, second);
  const found = await rule.combine(gradients, { step: 0, losses: [1, 1], random: new Random(0) });
  tf.dispose(gradients);
  return found;
}

/** Copies of a state, as a checkpoint has them. */
function saved({ tensors, values }: TensorRule['state']): TensorRule['state'] {
  const copies = Object.entries(tensors).map(([name, tensor]) => [name, tensor.clone()] as const);
  return {
    tensors: Object.fromEntries(copies),
    values: JSON.parse(JSON.stringify(values)) as TensorRule['state']['values'],
  };
}

describeOnEach('double sampling', () => {
  const rules = {
    modo: () => modo.rule({ gamma: 0.1, rho: 0.5 }, 2),
    sdmgrad: () => sdmgrad.rule({ lambda: 0.3, steps: 1 }, 2),
  };

  it('modo collects two batches, then steps down their products and combines the third', async () => {
    const rule = rules.modo();
    expect(await feed(rule, 2, -1)).to.equal(null);
    expect(await feed(rule, 3, 1)).to.equal(null);
    // ⟨g_i(ξ), g_j(ξ′)⟩ = [[7, 2], [−3, 0]]; times (½, ½): (4.5, −1.5), and ρ λ = ¼ each.
    // λ − 0.1 (4.75, −1.25) = (0.025, 0.625), of which the nearest point of the simplex is 0.175 further in each.
    const weights = (await feed(rule, 100, 100)) as number[];
    expect(weights[0]).to.be.closeTo(0.2, 1e-6);
    expect(weights[1]).to.be.closeTo(0.8, 1e-6);
    expect(await feed(rule, 2, -1), 'from the start').to.equal(null);
    await feed(rule, 3, 1);
    // (3, −0.6) and ρ λ = (0.1, 0.4): λ − 0.1 (3.1, −0.2) = (−0.11, 0.82), 0.145 further in.
    const next = (await feed(rule, 100, 100)) as number[];
    expect(next[0]).to.be.closeTo(0.035, 1e-6);
    expect(next[1]).to.be.closeTo(0.965, 1e-6);
    rule.dispose();
  });

  it('sdmgrad draws towards the mean gradient and divides by the mean norm', async () => {
    const rule = rules.sdmgrad();
    await feed(rule, 2, 1);
    await feed(rule, 3, 2);
    // [[7, 4], [3, 3]]; the mean norm is (√7 + √3)/2. Slopes at (½, ½): 1.3 · (5.5, 3).
    const divisor = ((Math.sqrt(7) + Math.sqrt(3)) / 2) ** 2;
    const apart = (5 * 1.3 * 2.5) / divisor;
    const weights = (await feed(rule, 0, 0)) as number[];
    const first = Math.max(0, 0.5 - apart / 2);
    expect(weights[0]).to.be.closeTo((first + 0.15) / 1.3, 1e-6);
    expect(weights[1]).to.be.closeTo((1 - first + 0.15) / 1.3, 1e-6);
    rule.dispose();
  });

  it('sdmgrad gathers speed, half of which each further step keeps', async () => {
    const rule = sdmgrad.rule({ lambda: 0, steps: 3 }, 2);
    await feed(rule, 2, 1);
    await feed(rule, 0.2, 0.5);
    // [[1.4, 1], [0.2, 1.5]], of mean norm (√1.4 + √1.5)/2.
    const divisor = ((Math.sqrt(1.4) + Math.sqrt(1.5)) / 2) ** 2 + 1e-8;
    // On the simplex of two, w = (p, 1 − p), what counts is the difference of the slopes.
    let [share, speed] = [0.5, 0];
    for (let step = 0; step < 3; step++) {
      const slope = 1.4 * share + (1 - share) - (0.2 * share + 1.5 * (1 - share));
      speed = speed / 2 + slope / divisor;
      share = Math.min(1, Math.max(0, share - (5 * speed) / 2));
    }
    const weights = (await feed(rule, 0, 0)) as number[];
    expect(weights[0]).to.be.closeTo(share, 1e-6);
    rule.dispose();
  });

  for (const [name, make] of Object.entries(rules)) {
    it(`${name} goes on from a state saved at any step, and leaves no tensor behind`, async () => {
      const before = tf.memory().numTensors;
      const walk = async (cut: number): Promise<unknown[]> => {
        let rule = make();
        const found: unknown[] = [];
        for (let step = 0; step < 6; step++) {
          if (step === cut) {
            const state = saved(rule.state);
            rule.dispose();
            rule = make();
            rule.restore(state);
            tf.dispose(state.tensors);
          }
          found.push(await feed(rule, step, 2 - step));
        }
        rule.dispose();
        return found;
      };
      const whole = await walk(-1);
      for (const cut of [1, 2, 3, 4, 5]) expect(await walk(cut)).to.deep.equal(whole);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
