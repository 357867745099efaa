import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { binaryCrossEntropyMap, maskedMean, unitVectors } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';
import { differentiate } from '../../plugins/losses/losses.js';

const shape = [2, 3, 4, 1] as const;

function map(values: Float32Array | number[], channels = 1): tf.Tensor4D {
  return tf.tensor4d(values, [2, 3, 4, channels]);
}

/** The definition, in double precision. */
function weightedMean(values: Float32Array, weights: Float32Array): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, place) => sum + value * weights[place]!, 0) / total;
}

/** Expects a gradient to be that of the sum of a function's values weighted by `probe`, by central differences. */
function expectSlopes(compute: (x: tf.Tensor4D) => tf.Tensor4D, x: Float32Array, channels: number): void {
  const sum = (input: tf.Tensor4D): tf.Scalar => {
    const y = compute(input);
    return tf.sum(tf.mul(y, tf.tensor(hashed('probe', y.shape, 1), y.shape)));
  };
  const { gradients } = differentiate(sum, () => [map(x, channels)]);
  const step = 1e-2;
  x.forEach((value, place) => {
    const at = (shifted: number): number =>
      tf.tidy(
        () =>
          sum(
            map(
              x.map((each, other) => (other === place ? shifted : each)),
              channels,
            ),
          ).dataSync()[0]!,
      );
    const slope = (at(value + step) - at(value - step)) / (2 * step);
    expect(gradients[0]![place]).to.be.closeTo(slope, 2e-3 * Math.max(1, Math.abs(slope)));
  });
}

describeOnEach('the masked mean', () => {
  const values = hashed('values', shape, 3);
  const mean = (mask: number[] | Float32Array, reduction?: 'batch' | 'image') =>
    differentiate(
      (x) => maskedMean(x, map(mask), reduction),
      () => [map(values)],
    );

  it('is the weighted mean where the mask holds weights, whatever their scale', () => {
    const weights = hashed('weights', shape, 1).map(Math.abs);
    for (const scale of [1, 1e-3, 1e-6, 1e3]) {
      const scaled = weights.map((weight) => weight * scale);
      const { value, gradients } = mean(scaled);
      expect(value).to.be.closeTo(weightedMean(values, weights), 1e-6);
      const total = scaled.reduce((sum, weight) => sum + weight, 0);
      gradients[0]!.forEach((slope, place) => expect(slope).to.be.closeTo(scaled[place]! / total, 1e-6));
    }
  });

  it('of zeros and ones divides by their number, to the bit', () => {
    const mask = [1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1];
    const sums = tf.tidy(() => {
      const lines = tf.sum(tf.mul(map(values), map(mask)), [2, 3]);
      return [tf.div(tf.sum(lines), 13).dataSync()[0]!, ...tf.sum(lines, 1).dataSync()];
    });
    expect(mean(mask).value).to.equal(sums[0]);
    expect(mean(mask, 'image').value).to.be.closeTo((sums[1]! / 8 + sums[2]! / 5) / 2, 1e-6);
  });

  it('per image leaves out images without labels', () => {
    const firstOnly = Float32Array.from({ length: 24 }, (_, place) => (place < 12 ? 1 : 0));
    expect(mean(firstOnly, 'image').value).to.be.closeTo(weightedMean(values, firstOnly), 1e-6);
  });

  it('is 0 without gradient where nothing counts', () => {
    for (const reduction of ['batch', 'image'] as const) {
      const { value, gradients } = mean(new Float32Array(24), reduction);
      expect(value).to.equal(0);
      expect(gradients[0]!.every((slope) => slope === 0)).to.equal(true);
    }
  });

  it('counts several values of a pixel as their mean', () => {
    const colours = hashed('colours', [...shape.slice(0, 3), 3], 1);
    const { value } = differentiate(
      (x) => maskedMean(x, map(new Float32Array(24).fill(1))),
      () => [map(colours, 3)],
    );
    expect(value).to.be.closeTo(weightedMean(colours, new Float32Array(72).fill(1)), 1e-6);
  });
});

describeOnEach('binary cross-entropy of logits', () => {
  it('has the gradient of finite differences', () => {
    const probabilities = hashed('probabilities', shape, 0.5).map((value) => value + 0.5);
    expectSlopes((z) => binaryCrossEntropyMap(z, map(probabilities)), hashed('logits', shape, 3), 1);
  });

  it('is finite for logits of any size', () => {
    const { value, gradients } = differentiate(
      (z) => tf.sum(binaryCrossEntropyMap(z, tf.tensor4d([0, 1, 0, 1], [1, 2, 2, 1]))),
      () => [tf.tensor4d([1000, 1000, -1000, -1000], [1, 2, 2, 1])],
    );
    expect(value).to.equal(2000);
    expect([...gradients[0]!]).to.deep.equal([1, 0, 0, -1]);
  });
});

describeOnEach('unit vectors', () => {
  const vectors = hashed('vectors', [2, 3, 4, 3], 2);

  it('have the gradient of finite differences', () => {
    expectSlopes(
      unitVectors,
      vectors.map((value) => value + Math.sign(value) / 2),
      3,
    );
  });

  it('have length 1, and a direction that does not depend on the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4, max: 4 }), (exponent) => {
        const units = (scale: number): tf.TypedArray =>
          tf.tidy(() =>
            unitVectors(
              map(
                vectors.map((value) => value * scale),
                3,
              ),
            ).dataSync(),
          );
        const [one, other] = [units(1), units(10 ** exponent)];
        for (let at = 0; at < one.length; at += 3) {
          expect(Math.hypot(one[at]!, one[at + 1]!, one[at + 2]!)).to.be.closeTo(1, 1e-6);
          for (const place of [at, at + 1, at + 2]) expect(other[place]).to.be.closeTo(one[place]!, 1e-6);
        }
      }),
      { numRuns: 9 },
    );
  });

  it('of nothing are nothing, with a finite gradient', () => {
    const { value, gradients } = differentiate(
      (x) => tf.sum(tf.mul(unitVectors(x), tf.tensor4d([1, -2, 3], [1, 1, 1, 3]))),
      () => [tf.zeros([1, 1, 1, 3])],
    );
    expect(value).to.equal(0);
    gradients[0]!.forEach((slope, place) => expect(slope / 1e6).to.be.closeTo([1, -2, 3][place]!, 1e-5));
  });
});
