import type * as tf from '@tensorflow/tfjs';
import { poolGeometry, type ConvGeometry, type PoolAttrs } from './conv2d-geometry.js';
import { floats, input, wasmKernel, zeros } from './heap.js';

/** The gradient of a max pooling goes to the first of a window's largest values, as in other frameworks. */
export const maxPoolGrad = wasmKernel<PoolAttrs>('MaxPoolGrad', (inputs, attrs) => {
  const x = input<tf.Rank.R4>(inputs, 'input');
  const output = input<tf.Rank.R4>(inputs, 'output');
  const dy = input<tf.Rank.R4>(inputs, 'dy');
  const geometry = poolGeometry(x.shape, attrs);
  const dx = zeros(x.shape);
  const views = { source: floats(x), largest: floats(output), upper: floats(dy), target: floats(dx) };
  const { batch, rows, columns } = geometry;
  let at = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < rows.output; row++) {
      for (let column = 0; column < columns.output; column++, at += geometry.inputChannels) {
        routeWindow(views, geometry, image, row, column, at);
      }
    }
  }
  return dx;
});

interface Views {
  readonly source: Float32Array;
  readonly largest: Float32Array;
  readonly upper: Float32Array;
  readonly target: Float32Array;
}

/** @param at the window's first channel in `largest` and `upper` */
function routeWindow(
  { source, largest, upper, target }: Views,
  { inputChannels: channels, rows, columns }: ConvGeometry,
  image: number,
  row: number,
  column: number,
  at: number,
): void {
  const top = row * rows.stride - rows.pad;
  const left = column * columns.stride - columns.pad;
  const [firstRow, endRow] = [Math.max(0, top), Math.min(rows.input, top + rows.taps)];
  const [firstColumn, endColumn] = [Math.max(0, left), Math.min(columns.input, left + columns.taps)];
  for (let c = 0; c < channels; c++) {
    const value = largest[at + c];
    search: for (let y = firstRow; y < endRow; y++) {
      let from = ((image * rows.input + y) * columns.input + firstColumn) * channels + c;
      for (let x = firstColumn; x < endColumn; x++, from += channels) {
        if (source[from] === value) {
          target[from] = (target[from] as number) + (upper[at + c] as number);
          break search;
        }
      }
    }
  }
}
