import * as tf from '@tensorflow/tfjs';
import { convGeometry, outputsInside, type ConvAttrs, type ConvGeometry } from './conv2d-geometry.js';
import { allocate, floats, input, RunCopier, wasmKernel } from './heap.js';
import { transposeBlock } from './transpose-block.js';

interface Attrs extends ConvAttrs {
  readonly filterShape: [number, number, number, number];
}

/** Numbers that one chunk may hold beside the result: 48 MiB, of which the filter counts twice (it gets packed). */
const mostNumbers = 12 * 2 ** 20;

/**
 * The filter's gradient of a convolution,
 *
 *     dw[i, j, c, d] = Σ_{b, y, x} input[b, y·s + i − p, x·s + j − p, c] · dy[b, y, x, d],
 *
 * computed as a convolution itself, since that is the fast thing here: with the input laid out as rows of
 * `taps of a row × channels` pixels, each with `batch × output columns` channels, dy is a filter that
 * is as high as the output and one pixel wide, its rows `s` apart:
 *
 *     G[y', (j, c), (b, x)] = input[b, y' − p, x·s + j − p, c]
 *     dw = conv2d(G, dy, dilation = [s, 1])          [taps, taps × channels, outputs]
 *
 * Only the taps within a row are copied out, those along a column are found by the convolution.
 */
export const conv2DBackpropFilter = wasmKernel<Attrs>('Conv2DBackpropFilter', (inputs, attrs) => {
  const x = input<tf.Rank.R4>(inputs, 'x');
  const dy = input<tf.Rank.R4>(inputs, 'dy');
  const geometry = convGeometry(x.shape, attrs.filterShape, attrs);
  const { output } = geometry.rows;
  const step = chunkRows(geometry);
  let sum = chunkGradient(x, dy, geometry, 0, Math.min(step, output));
  for (let row = step; row < output; row += step) {
    sum = tf.add(sum, chunkGradient(x, dy, geometry, row, Math.min(step, output - row)));
  }
  return sum.reshape(attrs.filterShape);
});

/** How many rows of the output are worked on at once, so that the memory stays bounded. */
function chunkRows({ batch, inputChannels, outputChannels, rows, columns }: ConvGeometry): number {
  const positions = batch * columns.output;
  const perRow = positions * (rows.stride * columns.taps * inputChannels + 2 * outputChannels);
  return Math.max(1, Math.min(rows.output, Math.floor(mostNumbers / perRow)));
}

function chunkGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  geometry: ConvGeometry,
  row: number,
  count: number,
): tf.Tensor {
  return tf.tidy(() => {
    const image = gatherInput(x, geometry, row, count);
    const filter = gatherRows(dy, row, count);
    return tf.conv2d(image, filter, 1, 'valid', 'NHWC', [geometry.rows.stride, 1]);
  });
}

/** `G` of the formula for output rows `[row, row + count)`; zero where the taps read padding. */
function gatherInput(x: tf.Tensor4D, geometry: ConvGeometry, row: number, count: number): tf.Tensor4D {
  const { batch, inputChannels: channels, rows, columns } = geometry;
  const height = (count - 1) * rows.stride + rows.taps;
  const width = columns.taps * channels;
  const positions = batch * columns.output;
  const gathered = allocate([1, height, width, positions]) as tf.Tensor4D;
  const source = floats(x);
  const target = floats(gathered).fill(0);
  for (let r = 0; r < height; r++) {
    const y = row * rows.stride + r - rows.pad;
    if (y < 0 || y >= rows.input) continue;
    for (let tap = 0; tap < columns.taps; tap++) {
      const [first, end] = outputsInside(columns, tap);
      const column = first * columns.stride + tap - columns.pad;
      for (let image = 0; image < batch; image++) {
        const from = ((image * rows.input + y) * columns.input + column) * channels;
        const to = (r * width + tap * channels) * positions + image * columns.output + first;
        transposeBlock(
          { values: source, start: from, stride: columns.stride * channels },
          { values: target, start: to, stride: positions },
          end - first,
          channels,
        );
      }
    }
  }
  return gathered;
}

/** Rows `[row, row + count)` of dy, the images beside each other: [count, 1, batch × columns, channels]. */
function gatherRows(dy: tf.Tensor4D, row: number, count: number): tf.Tensor4D {
  const [batch, rows, columns, channels] = dy.shape;
  const gathered = allocate([count, 1, batch * columns, channels]) as tf.Tensor4D;
  const line = columns * channels;
  const copier = new RunCopier(dy, gathered, line);
  for (let r = 0; r < count; r++) {
    for (let image = 0; image < batch; image++) {
      copier.copy((image * rows + row + r) * line, (r * batch + image) * line);
    }
  }
  return gathered;
}
