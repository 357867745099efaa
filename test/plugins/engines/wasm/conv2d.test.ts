import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  asymmetric,
  eachTap,
  expectClose,
  expectLinearGradient,
  isConvolvable,
  startWasm,
  uniform,
  withoutLeaks,
  type Pad,
  type Shape4D,
} from './reference.js';

interface Case {
  readonly shape: Shape4D;
  readonly taps: number;
  readonly outputs: number;
  readonly stride: number;
  readonly pad: Pad;
}

function check({ shape, taps, outputs, stride, pad }: Case): void {
  const channels = shape[3];
  const x = uniform(shape, 1) as tf.Tensor4D;
  const w = uniform([taps, taps, channels, outputs], 2) as tf.Tensor4D;
  const convolve = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad);
  const dy = uniform(convolve(x, w).shape, 3);
  const [dx, dw] = tf.grads(convolve)([x, w], dy) as [tf.Tensor, tf.Tensor];
  expectLinearGradient((x) => convolve(x, w), x, dx, dy);
  expectLinearGradient((w) => convolve(x, w), w, dw, dy);

  const [xs, ws, dys] = [x.dataSync(), w.dataSync(), dy.dataSync()];
  const wantedX = new Float64Array(xs.length);
  const wantedW = new Float64Array(ws.length);
  eachTap(shape, taps, stride, pad, (output, pixel, tap) => {
    for (let c = 0; c < channels; c++)
      for (let d = 0; d < outputs; d++) {
        const [at, weight, from] = [
          pixel * channels + c,
          (tap * channels + c) * outputs + d,
          output * outputs + d,
        ];
        wantedX[at] = (wantedX[at] ?? NaN) + (ws[weight] ?? NaN) * (dys[from] ?? NaN);
        wantedW[weight] = (wantedW[weight] ?? NaN) + (xs[at] ?? NaN) * (dys[from] ?? NaN);
      }
  });
  expectClose(dx, wantedX);
  expectClose(dw, wantedW);
}

function fits({ shape, taps, stride, pad }: Case): boolean {
  return isConvolvable(shape, taps, stride, pad);
}

const pads: readonly Pad[] = [0, 1, 3, 'same', 'valid', asymmetric];
const images: readonly (readonly [Shape4D, outputs: number])[] = [
  [[1, 8, 8, 3], 16],
  [[3, 7, 10, 1], 3],
  [[1, 9, 6, 16], 1],
  [[3, 5, 5, 3], 3],
  // Fewer positions than outputs: another formulation of the input's gradient.
  [[2, 3, 4, 5], 40],
];

describe('the wasm engine’s convolution gradients', () => {
  before(startWasm);

  for (const taps of [1, 2, 3, 5, 7]) {
    for (const stride of [1, 2, 3]) {
      it(`agree with plain loops and are adjoint: ${taps} × ${taps} taps, stride ${stride}`, () => {
        for (const pad of pads) {
          for (const [shape, outputs] of images) {
            const one = { shape, taps, outputs, stride, pad };
            if (fits(one)) withoutLeaks(() => check(one));
          }
        }
      });
    }
  }

  it('are adjoint for taps and strides that differ between rows and columns', () => {
    const filters: readonly [number, number][] = [
      [1, 5],
      [3, 2],
    ];
    const strides: readonly [number, number][] = [
      [1, 2],
      [3, 1],
      [2, 3],
    ];
    // Under a padding given as one number tfjs-core takes columns for as long as rows; the explicit form is right.
    // prettier-ignore
    const pad: Pad = [[0, 0], [1, 1], [1, 1], [0, 0]];
    for (const [height, width] of filters) {
      for (const stride of strides) {
        for (const outputs of [3, 60]) {
          withoutLeaks(() => {
            const x = uniform([2, 9, 8, 4], 1) as tf.Tensor4D;
            const w = uniform([height, width, 4, outputs], 2) as tf.Tensor4D;
            const dy = uniform(tf.conv2d(x, w, stride, pad).shape, 3);
            const [dx, dw] = tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad))(
              [x, w],
              dy,
            );
            expectLinearGradient((x) => tf.conv2d(x as tf.Tensor4D, w, stride, pad), x, dx as tf.Tensor, dy);
            expectLinearGradient((w) => tf.conv2d(x, w as tf.Tensor4D, stride, pad), w, dw as tf.Tensor, dy);
          });
        }
      }
    }
  });

  it('agree with plain loops for any shape', () => {
    const size = fc.integer({ min: 1, max: 12 });
    const channels = fc.integer({ min: 1, max: 9 });
    const anyPad = fc.oneof(fc.constantFrom<Pad>('same', 'valid'), fc.integer({ min: 0, max: 4 }));
    const anyCase: fc.Arbitrary<Case> = fc
      .record({
        shape: fc.tuple(fc.integer({ min: 1, max: 3 }), size, size, channels),
        taps: fc.integer({ min: 1, max: 6 }),
        outputs: channels,
        stride: fc.integer({ min: 1, max: 4 }),
        pad: anyPad,
      })
      .filter(fits);
    fc.assert(
      fc.property(anyCase, (one) => withoutLeaks(() => check(one))),
      { seed: 1, numRuns: 150 },
    );
  });

  it('work on a large image in parts', () => {
    // 3 × 128 × 70 × 512 numbers to gather: more than one part may hold.
    withoutLeaks(() => {
      const x = uniform([1, 70, 512, 128], 1) as tf.Tensor4D;
      const w = uniform([3, 3, 128, 2], 2) as tf.Tensor4D;
      const convolve = (w: tf.Tensor): tf.Tensor => tf.conv2d(x, w as tf.Tensor4D, 1, 'same');
      const dy = uniform([1, 70, 512, 2], 3);
      expectLinearGradient(convolve, w, tf.grad(convolve)(w, dy), dy);
    });
  });
});
