import * as tf from '@tensorflow/tfjs';
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

function check(shape: Shape4D, taps: number, multiplier: number, stride: number, pad: Pad): void {
  const channels = shape[3];
  const x = uniform(shape, 1);
  const w = uniform([taps, taps, channels, multiplier], 2);
  const convolve = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad);
  const dy = uniform(convolve(x, w).shape, 3);
  const [dx, dw] = tf.grads(convolve)([x, w], dy) as [tf.Tensor, tf.Tensor];
  expectLinearGradient((x) => convolve(x, w), x, dx, dy);
  expectLinearGradient((w) => convolve(x, w), w, dw, dy);

  const [xs, ws, dys] = [x.dataSync(), w.dataSync(), dy.dataSync()];
  const wantedX = new Float64Array(xs.length);
  const wantedW = new Float64Array(ws.length);
  eachTap(shape, taps, stride, pad, (output, pixel, tap) => {
    for (let c = 0; c < channels; c++)
      for (let m = 0; m < multiplier; m++) {
        const at = pixel * channels + c;
        const weight = (tap * channels + c) * multiplier + m;
        const from = (output * channels + c) * multiplier + m;
        wantedX[at] = (wantedX[at] ?? NaN) + (ws[weight] ?? NaN) * (dys[from] ?? NaN);
        wantedW[weight] = (wantedW[weight] ?? NaN) + (xs[at] ?? NaN) * (dys[from] ?? NaN);
      }
  });
  expectClose(dx, wantedX);
  expectClose(dw, wantedW);
}

describe('the wasm engine’s depthwise gradients', () => {
  before(startWasm);

  const pads: readonly Pad[] = [0, 1, 3, 'same', 'valid', asymmetric];
  const images: readonly (readonly [Shape4D, multiplier: number])[] = [
    [[1, 8, 8, 3], 1],
    [[3, 7, 10, 1], 2],
    [[1, 9, 6, 16], 1],
    [[3, 5, 5, 3], 3],
  ];
  for (const taps of [1, 2, 3, 5]) {
    for (const stride of [1, 2, 3]) {
      it(`agree with plain loops and are adjoint: ${taps} × ${taps} taps, stride ${stride}`, () => {
        for (const pad of pads) {
          for (const [shape, multiplier] of images) {
            if (!isConvolvable(shape, taps, stride, pad)) continue;
            withoutLeaks(() => check(shape, taps, multiplier, stride, pad));
          }
        }
      });
    }
  }
});
