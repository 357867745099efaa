import type * as tf from '@tensorflow/tfjs';
import { poolGeometry, type Axis, type PoolAttrs } from './conv2d-geometry.js';
import { floats, input, wasmKernel, zeros } from './heap.js';

/** The gradient of an average pooling: an equal share for each of a window's values. Padding takes no part in the average. */
export const avgPoolGrad = wasmKernel<PoolAttrs>('AvgPoolGrad', (inputs, attrs) => {
  const x = input<tf.Rank.R4>(inputs, 'input');
  const dy = input<tf.Rank.R4>(inputs, 'dy');
  const { batch, inputChannels: channels, rows, columns } = poolGeometry(x.shape, attrs);
  const dx = zeros(x.shape);
  const [upper, target] = [floats(dy), floats(dx)];
  let at = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < rows.output; row++) {
      const [top, bottom] = span(rows, row);
      for (let column = 0; column < columns.output; column++, at += channels) {
        const [left, right] = span(columns, column);
        const share = 1 / ((bottom - top) * (right - left));
        for (let y = top; y < bottom; y++) {
          const from = ((image * rows.input + y) * columns.input + left) * channels;
          addShares(upper, at, channels, share, target, from, right - left);
        }
      }
    }
  }
  return dx;
});

/** The inputs `[first, end)` of an axis that a window covers. */
function span({ input, taps, stride, pad }: Axis, output: number): readonly [first: number, end: number] {
  const start = output * stride - pad;
  return [Math.max(0, start), Math.min(input, start + taps)];
}

/** Adds one pixel of `upper`, scaled, to `pixels` neighbouring ones of `target`. */
function addShares(
  upper: Float32Array,
  at: number,
  channels: number,
  share: number,
  target: Float32Array,
  from: number,
  pixels: number,
): void {
  for (let c = 0; c < channels; c++) {
    const value = (upper[at + c] as number) * share;
    for (let pixel = 0, to = from + c; pixel < pixels; pixel++, to += channels) {
      target[to] = (target[to] as number) + value;
    }
  }
}
