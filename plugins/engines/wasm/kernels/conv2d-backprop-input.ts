import * as tf from '@tensorflow/tfjs';
import { convGeometry, type Axis, type ConvAttrs } from './conv2d-geometry.js';
import { allocate, floats, input, RunCopier, wasmKernel, zeros } from './heap.js';
import { inputGradientByColumns, suitsColumns } from './conv2d-backprop-input-columns.js';
import { transposeBlock } from './transpose-block.js';

interface Attrs extends ConvAttrs {
  readonly inputShape: [number, number, number, number];
}

/**
 * The input's gradient of a convolution: a convolution of dy with the filter turned by 180° and its channels swapped.
 * With a stride s, the inputs with the same remainder of `(position + padding) / s` meet the same taps; each of
 * these s × s phases is such a convolution of its own, so that no product with an inserted zero is ever formed.
 */
export const conv2DBackpropInput = wasmKernel<Attrs>('Conv2DBackpropInput', (inputs, attrs) => {
  const dy = input<tf.Rank.R4>(inputs, 'dy');
  const filter = input<tf.Rank.R4>(inputs, 'filter');
  const geometry = convGeometry(attrs.inputShape, filter.shape, attrs);
  if (suitsColumns(geometry)) return inputGradientByColumns(dy, filter, geometry);
  const { rows, columns } = geometry;
  if (rows.stride === 1 && columns.stride === 1) {
    return phaseGradient(dy, filter, phaseOf(rows, 0), phaseOf(columns, 0));
  }
  const dx = zeros(attrs.inputShape);
  for (const down of phases(rows)) {
    for (const across of phases(columns)) {
      tf.tidy(() => scatter(phaseGradient(dy, filter, down, across), dx, down, across));
    }
  }
  return dx;
});

/** Along one axis: the inputs `first, first + stride, …` and the taps `offset, offset + stride, …` that they meet. */
interface Phase {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  readonly offset: number;
  readonly taps: number;
  /** The outputs that they read, and the zeros around them. */
  readonly outputs: readonly [first: number, count: number];
  readonly padding: [before: number, after: number];
}

/** The phases with a gradient; the others' inputs are read by no output. */
function phases(axis: Axis): Phase[] {
  return Array.from({ length: axis.stride }, (_, offset) => phaseOf(axis, offset)).filter(
    ({ taps, count, outputs }) => taps > 0 && count > 0 && outputs[1] > 0,
  );
}

/**
 * Input i meets tap k of output o where i + pad = o · stride + k. With k = offset + stride · m and
 * t = (i + pad − offset) / stride, that is o = t − m.
 */
function phaseOf({ input, output, taps: allTaps, stride, pad }: Axis, offset: number): Phase {
  const taps = Math.max(0, Math.ceil((allTaps - offset) / stride));
  const t = Math.ceil((pad - offset) / stride);
  const first = t * stride + offset - pad;
  const count = Math.ceil((input - first) / stride);
  const [from, to] = [t - (taps - 1), t + count];
  const [firstOutput, end] = [Math.max(0, from), Math.min(output, to)];
  return {
    first,
    count,
    stride,
    offset,
    taps,
    outputs: [firstOutput, end - firstOutput],
    padding: [firstOutput - from, to - end],
  };
}

function phaseGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, down: Phase, across: Phase): tf.Tensor4D {
  const turned = turnFilter(filter, down, across);
  const [batch, height, width, channels] = dy.shape;
  const [[row, rows], [column, columns]] = [down.outputs, across.outputs];
  const whole = rows === height && columns === width;
  const read = whole ? dy : tf.slice(dy, [0, row, column, 0], [batch, rows, columns, channels]);
  return tf.conv2d(read, turned, 1, [[0, 0], down.padding, across.padding, [0, 0]]);
}

/** The taps of a phase in reverse order, each with its channels swapped: [taps, taps, outputs, inputs]. */
function turnFilter(filter: tf.Tensor4D, down: Phase, across: Phase): tf.Tensor4D {
  const [, width, inputs, outputs] = filter.shape;
  const turned = allocate([down.taps, across.taps, outputs, inputs]) as tf.Tensor4D;
  const source = floats(filter);
  const target = floats(turned);
  const size = inputs * outputs;
  for (let i = 0; i < down.taps; i++) {
    for (let j = 0; j < across.taps; j++) {
      const row = down.offset + down.stride * (down.taps - 1 - i);
      const column = across.offset + across.stride * (across.taps - 1 - j);
      transposeBlock(
        { values: source, start: (row * width + column) * size, stride: outputs },
        { values: target, start: (i * across.taps + j) * size, stride: inputs },
        inputs,
        outputs,
      );
    }
  }
  return turned;
}

/** Writes the gradient of one phase to its places. */
function scatter(phase: tf.Tensor4D, dx: tf.Tensor, down: Phase, across: Phase): void {
  const [batch = 0, height = 0, width = 0, channels = 0] = dx.shape;
  const copier = new RunCopier(phase, dx, channels);
  let from = 0;
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < down.count; i++) {
      const line = (image * height + down.first + i * down.stride) * width + across.first;
      for (let j = 0; j < across.count; j++, from += channels) {
        copier.copy(from, (line + j * across.stride) * channels);
      }
    }
  }
}
