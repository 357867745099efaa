import * as tf from '@tensorflow/tfjs';
import { convGeometry, outputsInside, type ConvAttrs, type ConvGeometry } from './conv2d-geometry.js';
import { input, RunCopier, wasmKernel, zeros } from './heap.js';

interface Attrs extends ConvAttrs {
  readonly filterShape: [number, number, number, number];
}

/**
 * The filter's gradient of a depthwise convolution, a product and a sum for each tap; m counts the outputs of a channel:
 *
 *     dw[i, j, c, m] = Σ_{b, y, x} input[b, y·s + i·d − p, x·s + j·d − p, c] · dy[b, y, x, (c, m)]
 */
export const depthwiseBackpropFilter = wasmKernel<Attrs>(
  'DepthwiseConv2dNativeBackpropFilter',
  (inputs, attrs) => {
    const x = input<tf.Rank.R4>(inputs, 'x');
    const [height, width, channels, multiplier] = attrs.filterShape;
    const geometry = convGeometry(x.shape, attrs.filterShape, attrs, true);
    const { batch, rows, columns } = geometry;
    const dy = input<tf.Rank.R4>(inputs, 'dy').reshape([
      batch,
      rows.output,
      columns.output,
      channels,
      multiplier,
    ]);
    const taps = Array.from({ length: height * width }, (_, tap) =>
      tf.tidy(() => {
        const seen = gatherTap(x, geometry, Math.floor(tap / width), tap % width);
        return tf.sum(tf.mul(seen.expandDims(-1), dy), [0, 1, 2]);
      }),
    );
    return tf.stack(taps).reshape(attrs.filterShape);
  },
);

/** What one tap reads for every output, zero where it reads padding: [batch, rows, columns, channels]. */
function gatherTap(x: tf.Tensor4D, geometry: ConvGeometry, i: number, j: number): tf.Tensor {
  const { batch, inputChannels: channels, rows, columns } = geometry;
  const [firstRow, endRow] = outputsInside(rows, i);
  const [firstColumn, endColumn] = outputsInside(columns, j);
  const seen = zeros([batch, rows.output, columns.output, channels]);
  // Neighbouring outputs read neighbouring pixels where there is no stride: a whole line is one run.
  const pixels = columns.stride === 1 ? endColumn - firstColumn : 1;
  const copier = new RunCopier(x, seen, pixels * channels);
  for (let image = 0; image < batch; image++) {
    for (let row = firstRow; row < endRow; row++) {
      const y = row * rows.stride + i * rows.dilation - rows.pad;
      const from = (image * rows.input + y) * columns.input + j * columns.dilation - columns.pad;
      const to = (image * rows.output + row) * columns.output;
      for (let column = firstColumn; column < endColumn; column += pixels) {
        copier.copy((from + column * columns.stride) * channels, (to + column) * channels);
      }
    }
  }
  return seen;
}
