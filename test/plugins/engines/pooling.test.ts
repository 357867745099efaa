import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { describeOnEach } from '../../engines.js';
import {
  asymmetric,
  axisOf,
  eachTap,
  expectClose,
  expectLinearGradient,
  uniform,
  withoutLeaks,
  type Shape4D,
  type Windows,
} from './reference.js';

type Pool = (x: tf.Tensor) => tf.Tensor;

function outputShape(shape: Shape4D, windows: Windows): Shape4D {
  return [shape[0], axisOf(shape[1], windows, 0).output, axisOf(shape[2], windows, 1).output, shape[3]];
}

function checkAverage(shape: Shape4D, windows: Windows): void {
  const pool: Pool = (x) =>
    tf.avgPool(x as tf.Tensor4D, windows.taps as number, windows.stride as number, windows.pad);
  const x = uniform(shape, 1);
  const dy = uniform(outputShape(shape, windows), 2);
  const dx = tf.grad(pool)(x, dy);
  expectLinearGradient(pool, x, dx, dy);

  const channels = shape[3];
  const [xs, dys] = [x.dataSync(), dy.dataSync()];
  const counts = new Float64Array(dys.length / channels);
  eachTap(shape, windows, (output) => counts[output]!++);
  const [y, wanted] = [new Float64Array(dys.length), new Float64Array(xs.length)];
  eachTap(shape, windows, (output, pixel) => {
    for (let c = 0; c < channels; c++) {
      const [from, at] = [pixel * channels + c, output * channels + c];
      y[at]! += xs[from]! / counts[output]!;
      wanted[from]! += dys[at]! / counts[output]!;
    }
  });
  expectClose(pool(x), y);
  expectClose(dx, wanted);
}

function checkLargest(shape: Shape4D, windows: Windows): void {
  const pool: Pool = (x) =>
    tf.maxPool(x as tf.Tensor4D, windows.taps as number, windows.stride as number, windows.pad);
  const x = uniform(shape, 1);
  const dy = uniform(outputShape(shape, windows), 2);
  const dx = tf.grad(pool)(x, dy);

  const channels = shape[3];
  const [xs, dys] = [x.dataSync(), dy.dataSync()];
  const largest = new Map<number, number>();
  eachTap(shape, windows, (output, pixel) => {
    for (let c = 0; c < channels; c++) {
      const [key, at] = [output * channels + c, pixel * channels + c];
      const best = largest.get(key);
      if (best === undefined || xs[at]! > xs[best]!) largest.set(key, at);
    }
  });
  const [y, wanted] = [new Float64Array(dys.length), new Float64Array(xs.length)];
  largest.forEach((at, key) => {
    y[key] = xs[at]!;
    wanted[at]! += dys[key]!;
  });
  expectClose(pool(x), y, 0);
  expectClose(dx, wanted);

  // Piecewise linear: along a step that changes no window's winner, the difference quotient is exact.
  const step = 2e-5;
  const direction = uniform(shape, 5);
  const change = tf.sub(pool(tf.add(x, tf.mul(direction, step))), pool(tf.sub(x, tf.mul(direction, step))));
  const found = tf.sum(tf.mul(change, dy)).arraySync() as number;
  const foretold = tf.sum(tf.mul(direction, dx)).arraySync() as number;
  expect(found / (2 * step)).to.be.closeTo(foretold, 0.01 * Math.sqrt(x.size));
}

describeOnEach('pooling and its gradients', () => {
  const shapes: readonly Shape4D[] = [
    [1, 8, 8, 3],
    [3, 7, 10, 1],
    [2, 9, 6, 16],
    [1, 5, 5, 4],
  ];
  for (const taps of [1, 2, 3, 5]) {
    for (const stride of [1, 2, 3]) {
      it(`agree with plain loops: ${taps} × ${taps} windows, stride ${stride}`, () => {
        for (const pad of [0, 1, 'same', 'valid', asymmetric] as const) {
          const windows = { taps, stride, pad };
          for (const shape of shapes) {
            const axes = ([0, 1] as const).map((axis) => axisOf(shape[axis + 1]!, windows, axis));
            // A window of nothing but padding has no average and no largest value.
            if (axes.some(({ output, before }) => output < 1 || before >= taps)) continue;
            withoutLeaks(() => {
              checkAverage(shape, windows);
              checkLargest(shape, windows);
            });
          }
        }
      });
    }
  }

  it('give the gradient of a tie to the first value', () => {
    withoutLeaks(() => {
      const dx = tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 0))(
        tf.ones([1, 2, 2, 1]),
        tf.ones([1, 1, 1, 1]),
      );
      expect([...dx.dataSync()]).to.deep.equal([1, 0, 0, 0]);
    });
  });
});
