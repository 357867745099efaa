import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import type { PartSpec, Target } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';
import { differentiate, expectCase, map, predictionLoss } from './losses.js';

function compute(spec: PartSpec, prediction: tf.Tensor4D, target: Target): tf.Scalar {
  return predictionLoss(spec).compute(prediction, target);
}

/** Labels that a mask hides, wholly or in part. */
function labels(of: 'edges' | 'normals', { value = 1, mask = 1 } = {}): Target {
  return { value: tf.mul(map(`${of}.target`), value), mask: tf.mul(map(`${of}.mask`), mask) };
}

describeOnEach('cosine', () => {
  for (const [name, mask] of [
    ['cosine', 1],
    ['cosine.empty', 0],
  ] as const) {
    it(`${name}: value and gradient`, () => {
      expectCase(
        name,
        (prediction) => compute('cosine', prediction, labels('normals', { mask })),
        'normals.prediction',
      );
    });
  }

  it('is 0 for the same direction, 2 for the opposite one, 1 across', () => {
    const between = (...prediction: [number, number, number]): number =>
      tf.tidy(
        () =>
          compute('cosine', tf.tensor4d(prediction, [1, 1, 1, 3]), {
            value: tf.tensor4d([0, 0, 1], [1, 1, 1, 3]),
            mask: tf.ones([1, 1, 1, 1]),
          }).dataSync()[0]!,
      );
    expect([between(0, 0, 7), between(0, 0, -0.1), between(3, 4, 0), between(0, 0, 0)]).to.deep.equal([
      0, 2, 1, 1,
    ]);
  });

  it('does not change where both sides are turned alike', () => {
    const [prediction, target] = ['a', 'b'].map((name) => hashed(`turned.${name}`, [1, 4, 5, 3], 1));
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (angle) => {
        const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
        const rotation = tf.tensor2d([cos, sin, 0, -sin, cos, 0, 0, 0, 1], [3, 3]);
        const turned = (values: Float32Array): tf.Tensor4D =>
          tf.matMul(tf.tensor2d(values, [20, 3]), rotation).reshape([1, 4, 5, 3]);
        const [before, after] = tf.tidy(() => {
          const mask = tf.ones<tf.Rank.R4>([1, 4, 5, 1]);
          const plain = compute('cosine', tf.tensor4d(prediction!, [1, 4, 5, 3]), {
            value: tf.tensor4d(target!, [1, 4, 5, 3]),
            mask,
          });
          const other = compute('cosine', turned(prediction!), { value: turned(target!), mask });
          return [plain.dataSync()[0]!, other.dataSync()[0]!];
        });
        rotation.dispose();
        expect(after).to.be.closeTo(before, 1e-5);
      }),
      { numRuns: 10 },
    );
  });
});

describeOnEach('balancedBce', () => {
  const cases: readonly [string, PartSpec, Parameters<typeof labels>[1]][] = [
    ['bce.weighted', { name: 'balancedBce', positiveWeight: 2.5 }, {}],
    ['bce.balanced', 'balancedBce', {}],
    ['bce.balanced.negatives', 'balancedBce', { value: 0 }],
    ['bce.balanced.empty', 'balancedBce', { mask: 0 }],
  ];
  for (const [name, spec, change] of cases) {
    it(`${name}: value and gradient`, () => {
      expectCase(
        name,
        (prediction) => compute(spec, prediction, labels('edges', change)),
        'edges.prediction',
      );
    });
  }

  it('balanced: a constant ½ costs 2 β (1 − β) ln 2, as much for the positives as for the negatives', () => {
    const value = [1, 0, 0, 0, 0];
    const { value: loss, gradients } = differentiate(
      (z) =>
        compute('balancedBce', z, { value: tf.tensor4d(value, [1, 1, 5, 1]), mask: tf.ones([1, 1, 5, 1]) }),
      () => [tf.zeros([1, 1, 5, 1])],
    );
    expect(loss).to.be.closeTo(2 * 0.8 * 0.2 * Math.LN2, 1e-6);
    expect(gradients[0]![0]).to.be.closeTo(-0.8 * 0.5 * 0.2, 1e-6);
    expect(gradients[0]!.slice(1).reduce((sum, slope) => sum + slope, 0)).to.be.closeTo(0.08, 1e-6);
  });
});

describeOnEach('a loss of several channels', () => {
  for (const name of ['l1', 'mse']) {
    it(`${name} is the mean over all values: value and gradient`, () => {
      expectCase(
        `image.${name}`,
        (prediction) =>
          compute(name, prediction, { value: map('image.target'), mask: tf.ones([2, 5, 7, 1]) }),
        'image.prediction',
      );
    });
  }
});
