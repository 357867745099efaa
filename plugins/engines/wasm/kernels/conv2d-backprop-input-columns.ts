import * as tf from '@tensorflow/tfjs';
import { outputsInside, type ConvGeometry } from './conv2d-geometry.js';
import { allocate, floats, zeros } from './heap.js';
import { transposeBlock } from './transpose-block.js';

/** Numbers that the products may take: 48 MiB. */
const mostNumbers = 12 * 2 ** 20;

/** Measured: from two positions for each output channel on, turning and packing the filter is the smaller cost. */
export function suitsColumns({ batch, inputChannels, outputChannels, rows, columns }: ConvGeometry): boolean {
  const positions = batch * rows.output * columns.output;
  return (
    positions < 2 * outputChannels && rows.taps * columns.taps * inputChannels * positions <= mostNumbers
  );
}

/**
 * The input's gradient of a convolution with few positions and many channels: one product of the filter, as it lies in
 * memory, with dy transposed gives what every tap sends back to every position,
 *
 *     P[(i, j, c), (b, y, x)] = Σ_d filter[i, j, c, d] · dy[b, y, x, d],
 *
 * which is then added up where the tap had read. The filter is neither turned nor packed; here it is the largest thing.
 */
export function inputGradientByColumns(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: ConvGeometry,
): tf.Tensor {
  const { batch, inputChannels, outputChannels, rows, columns } = geometry;
  const positions = batch * rows.output * columns.output;
  const upper = allocate([outputChannels, positions]) as tf.Tensor2D;
  transposeBlock(
    { values: floats(dy), start: 0, stride: outputChannels },
    { values: floats(upper), start: 0, stride: positions },
    positions,
    outputChannels,
  );
  const products = tf.matMul(filter.reshape<tf.Tensor2D>([-1, outputChannels]), upper);
  const dx = zeros([batch, rows.input, columns.input, inputChannels]);
  const source = floats(products);
  const target = floats(dx);
  for (let tap = 0; tap < rows.taps * columns.taps; tap++) {
    addTap(source.subarray(tap * inputChannels * positions), target, geometry, tap);
  }
  return dx;
}

/** @param source what one tap sends back: [channels, batch × rows × columns] */
function addTap(source: Float32Array, target: Float32Array, geometry: ConvGeometry, tap: number): void {
  const { batch, inputChannels: channels, rows, columns } = geometry;
  const [i, j] = [Math.floor(tap / columns.taps), tap % columns.taps];
  const [firstRow, endRow] = outputsInside(rows, i);
  const [firstColumn, endColumn] = outputsInside(columns, j);
  const positions = batch * rows.output * columns.output;
  for (let image = 0; image < batch; image++) {
    for (let row = firstRow; row < endRow; row++) {
      const line = (image * rows.input + row * rows.stride + i - rows.pad) * columns.input;
      for (let column = firstColumn; column < endColumn; column++) {
        let read = (image * rows.output + row) * columns.output + column;
        let write = (line + column * columns.stride + j - columns.pad) * channels;
        for (const end = write + channels; write < end; write++, read += positions) {
          target[write] = (target[write] as number) + (source[read] as number);
        }
      }
    }
  }
}
