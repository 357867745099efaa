import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { describeOnEach } from '../../engines.js';
import { uniform, withoutLeaks } from './reference.js';

/** Sums over the leading axes, in double precision. */
function channelSums(values: Float32Array, channels: number): Float64Array {
  const sums = new Float64Array(channels);
  values.forEach((value, index) => (sums[index % channels] = (sums[index % channels] ?? NaN) + value));
  return sums;
}

describeOnEach('sums and means over leading axes', () => {
  const cases: readonly (readonly [shape: number[], axes: number[], channels: number])[] = [
    [[2, 16, 32, 16], [0, 1, 2], 16],
    [[2, 16, 33, 7], [2, 0, 1], 7],
    [[1, 1, 5000, 1], [0, 1, 2], 1],
    [[5000, 1, 3], [0, 1], 3],
    [[700, 9], [0], 9],
    [[4, 40, 5, 6], [0, 1], 30],
    [[3, 4], [0], 4],
  ];
  for (const [shape, axes, channels] of cases) {
    it(`agree with double precision: [${shape.join(', ')}] over [${axes.join(', ')}]`, () => {
      withoutLeaks(() => {
        const x = tf.add(uniform(shape, 1), 10);
        const wanted = channelSums(x.dataSync<'float32'>(), channels);
        const count = x.size / channels;
        const sum = tf.sum(x, axes);
        const mean = tf.mean(x, axes, true);
        expect(sum.shape).to.deep.equal(shape.filter((_, axis) => !axes.includes(axis)));
        expect(mean.shape).to.deep.equal(shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)));
        wanted.forEach((value, index) => {
          expect((sum.dataSync()[index] ?? NaN) / value).to.be.closeTo(1, 1e-6);
          expect(((mean.dataSync()[index] ?? NaN) * count) / value).to.be.closeTo(1, 1e-6);
        });
      });
    });
  }

  it('are right over other axes and types too', () => {
    withoutLeaks(() => {
      const x = tf.ones([8, 16, 32, 4]);
      for (const axes of [[1, 2], [3], [1, 2, 3], [0, 2]]) {
        const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? NaN), 1);
        expect(new Set(tf.sum(x, axes).dataSync())).to.deep.equal(new Set([count]));
        expect(new Set(tf.mean(x, axes).dataSync())).to.deep.equal(new Set([1]));
      }
      expect(tf.sum(x).arraySync()).to.equal(x.size);
      expect([...tf.sum(tf.ones([5000, 2], 'int32'), 0).dataSync()]).to.deep.equal([5000, 5000]);
    });
  });

  it('do not hide values that are not finite', () => {
    withoutLeaks(() => {
      for (const value of [NaN, Infinity, -Infinity]) {
        const x = tf.concat([tf.ones([5000, 4]), tf.fill([1, 4], value)]);
        for (const found of [...tf.sum(x, 0).dataSync(), ...tf.mean(x, 0).dataSync()]) {
          expect(Number.isFinite(found), `${value} became ${found}`).to.equal(false);
        }
      }
    });
  });

  it('have gradients', () => {
    withoutLeaks(() => {
      const x = uniform([2, 16, 32, 8], 1);
      const slope = tf.grad((x) => tf.sum(tf.mul(tf.mean(x, [0, 1, 2]), tf.range(0, 8))))(x);
      expect(
        [...slope.slice([1, 3, 4, 0], [1, 1, 1, 8]).dataSync()].map((value) => Math.round(value * 1024)),
      ).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    });
  });
});
