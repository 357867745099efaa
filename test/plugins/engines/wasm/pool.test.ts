import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  asymmetric,
  axisOf,
  eachTap,
  expectClose,
  expectLinearGradient,
  startWasm,
  uniform,
  withoutLeaks,
  type Pad,
  type Shape4D,
} from './reference.js';

type Pool = (x: tf.Tensor) => tf.Tensor;

function gradientOf(pool: Pool, x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return tf.grad(pool)(x, dy);
}

function checkAverage(shape: Shape4D, taps: number, stride: number, pad: Pad): void {
  const pool: Pool = (x) => tf.avgPool(x as tf.Tensor4D, taps, stride, pad);
  const x = uniform(shape, 1);
  const dy = uniform(pool(x).shape, 2);
  const dx = gradientOf(pool, x, dy);
  expectLinearGradient(pool, x, dx, dy);

  const channels = shape[3];
  const dys = dy.dataSync();
  const counts = new Float64Array(dys.length / channels);
  eachTap(shape, taps, stride, pad, (output) => (counts[output] = (counts[output] ?? NaN) + 1));
  const wanted = new Float64Array(x.size);
  eachTap(shape, taps, stride, pad, (output, pixel) => {
    for (let c = 0; c < channels; c++) {
      const at = pixel * channels + c;
      wanted[at] = (wanted[at] ?? NaN) + (dys[output * channels + c] ?? NaN) / (counts[output] ?? NaN);
    }
  });
  expectClose(dx, wanted);
}

function checkLargest(shape: Shape4D, taps: number, stride: number, pad: Pad): void {
  const pool: Pool = (x) => tf.maxPool(x as tf.Tensor4D, taps, stride, pad);
  const x = uniform(shape, 1);
  const y = pool(x);
  const dy = uniform(y.shape, 2);
  const dx = gradientOf(pool, x, dy);

  const channels = shape[3];
  const [xs, dys] = [x.dataSync(), dy.dataSync()];
  const largest = new Map<number, number>();
  eachTap(shape, taps, stride, pad, (output, pixel) => {
    for (let c = 0; c < channels; c++) {
      const [key, at] = [output * channels + c, pixel * channels + c];
      const best = largest.get(key);
      if (best === undefined || (xs[at] ?? NaN) > (xs[best] ?? NaN)) largest.set(key, at);
    }
  });
  const wanted = new Float64Array(xs.length);
  largest.forEach((at, key) => (wanted[at] = (wanted[at] ?? NaN) + (dys[key] ?? NaN)));
  expectClose(dx, wanted);

  // Piecewise linear: along a step that changes no window's winner, the difference quotient is exact.
  const step = 2e-5;
  const direction = uniform(shape, 5);
  const change = tf.sub(pool(tf.add(x, tf.mul(direction, step))), pool(tf.sub(x, tf.mul(direction, step))));
  const found = tf.sum(tf.mul(change, dy)).arraySync() as number;
  const foretold = tf.sum(tf.mul(direction, dx)).arraySync() as number;
  expect(found / (2 * step)).to.be.closeTo(foretold, 0.01 * Math.sqrt(x.size));
}

describe('the wasm engine’s pooling gradients', () => {
  before(startWasm);

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
          for (const shape of shapes) {
            const axes = ([1, 2] as const).map((axis) => axisOf(shape[axis], taps, stride, pad, axis));
            // A window of nothing but padding has no average and no largest value.
            if (axes.some(({ output, before }) => output < 1 || before >= taps)) continue;
            withoutLeaks(() => {
              checkAverage(shape, taps, stride, pad);
              checkLargest(shape, taps, stride, pad);
            });
          }
        }
      });
    }
  }

  it('give the gradient of a tie to the first value', () => {
    withoutLeaks(() => {
      const dx = gradientOf(
        (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 0),
        tf.ones([1, 2, 2, 1]),
        tf.ones([1, 1, 1, 1]),
      );
      expect([...dx.dataSync()]).to.deep.equal([1, 0, 0, 0]);
    });
  });
});
