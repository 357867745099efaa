import * as tf from '@tensorflow/tfjs';
import { convGeometry, type ConvAttrs, type ConvGeometry } from './conv2d-geometry.js';
import { allocate, floats, input, wasmKernel, zeros } from './heap.js';

interface Attrs extends ConvAttrs {
  readonly inputShape: [number, number, number, number];
}

/**
 * The input's gradient of a depthwise convolution: dy with zeros between its values (stride) and around them
 * (padding), convolved depthwise with the filter turned by 180°; summed over the outputs of a channel.
 */
export const depthwiseBackpropInput = wasmKernel<Attrs>(
  'DepthwiseConv2dNativeBackpropInput',
  (inputs, attrs) => {
    const dy = input<tf.Rank.R4>(inputs, 'dy');
    const filter = input<tf.Rank.R4>(inputs, 'filter');
    const geometry = convGeometry(attrs.inputShape, filter.shape, attrs, true);
    const { rows, columns } = geometry;
    const dilations: [number, number] = [rows.dilation, columns.dilation];
    const gradient = (multiple: number): tf.Tensor4D =>
      tf.tidy(() =>
        tf.depthwiseConv2d(
          spread(dy, geometry, multiple),
          turn(filter, multiple),
          1,
          'valid',
          'NHWC',
          dilations,
        ),
      );
    let sum = gradient(0);
    for (let multiple = 1; multiple < filter.shape[3]; multiple++) sum = tf.add(sum, gradient(multiple));
    return sum;
  },
);

/** dy of one output per channel, where the turned filter at the first input starts: [batch, height, width, channels]. */
function spread(dy: tf.Tensor4D, geometry: ConvGeometry, multiple: number): tf.Tensor4D {
  const { batch, inputChannels: channels, outputChannels, rows, columns } = geometry;
  const down = (rows.taps - 1) * rows.dilation;
  const across = (columns.taps - 1) * columns.dilation;
  const [height, width] = [rows.input + down, columns.input + across];
  const spreadOut = zeros([batch, height, width, channels]) as tf.Tensor4D;
  const source = floats(dy);
  const target = floats(spreadOut);
  const step = outputChannels / channels;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < rows.output; row++) {
      const y = row * rows.stride + down - rows.pad;
      if (y < 0 || y >= height) continue;
      for (let column = 0; column < columns.output; column++) {
        const x = column * columns.stride + across - columns.pad;
        if (x < 0 || x >= width) continue;
        let read = ((image * rows.output + row) * columns.output + column) * outputChannels + multiple;
        const write = ((image * height + y) * width + x) * channels;
        for (let c = 0; c < channels; c++, read += step) target[write + c] = source[read] as number;
      }
    }
  }
  return spreadOut;
}

/** The taps of one output per channel, in reverse order: [height, width, channels, 1]. */
function turn(filter: tf.Tensor4D, multiple: number): tf.Tensor4D {
  const [height, width, channels, multiplier] = filter.shape;
  const turned = allocate([height, width, channels, 1]) as tf.Tensor4D;
  const source = floats(filter);
  const target = floats(turned);
  const taps = height * width;
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < channels; c++) {
      target[(taps - 1 - tap) * channels + c] = source[
        (tap * channels + c) * multiplier + multiple
      ] as number;
    }
  }
  return turned;
}
