/** Convolutions and pools as plain loops in double precision, and what the tests of the kernels share. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { createPart, Random } from '../../../core/index.js';
import { wasm } from '../../../plugins/engines/wasm/index.js';

export type Shape4D = [number, number, number, number];
export type Pad = number | 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]];

export const asymmetric: Pad = [
  [0, 0],
  [2, 0],
  [0, 1],
  [0, 0],
];

export async function startWasm(): Promise<void> {
  await createPart(wasm, { threads: 1 }).start();
}

export function uniform(shape: readonly number[], seed: number): tf.Tensor {
  const random = new Random(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.uniform(-1, 1)),
    [...shape],
  );
}

/** Along rows and columns; one number for both. */
export type Pair = number | readonly [rows: number, columns: number];

/** The windows of a convolution or a pool. */
export interface Windows {
  readonly taps: Pair;
  readonly stride: Pair;
  readonly pad: Pad;
  /** Default 1. */
  readonly dilation?: Pair;
}

export function along(pair: Pair, axis: 0 | 1): number {
  return typeof pair === 'number' ? pair : pair[axis];
}

/** One spatial axis: how many outputs, the padding before the first input, and how far a window reaches. */
interface Axis {
  readonly output: number;
  readonly before: number;
  readonly span: number;
}

/** Written anew from the definitions, not with the library's own helper. */
export function axisOf(size: number, { taps, stride, pad, dilation = 1 }: Windows, axis: 0 | 1): Axis {
  const span = (along(taps, axis) - 1) * along(dilation, axis) + 1;
  const step = along(stride, axis);
  if (pad === 'same') {
    const output = Math.ceil(size / step);
    return { output, before: Math.floor(Math.max(0, (output - 1) * step + span - size) / 2), span };
  }
  const [before, after] =
    pad === 'valid' ? [0, 0] : typeof pad === 'number' ? [pad, pad] : axis === 0 ? pad[1] : pad[2];
  return { output: Math.floor((size + before + after - span) / step) + 1, before, span };
}

export function hasOutputs([, height, width]: Shape4D, windows: Windows): boolean {
  return axisOf(height, windows, 0).output > 0 && axisOf(width, windows, 1).output > 0;
}

/**
 * Whether the wasm backend's own convolution is right. Under `same` it gives zeros where the strides leave some of the
 * input's end unread (1 × 1 taps apart).
 */
export function wasmConvolves([, height, width]: Shape4D, windows: Windows): boolean {
  return ([height, width] as const).every((size, index) => {
    const axis = index === 0 ? 0 : 1;
    const { output, span } = axisOf(size, windows, axis);
    return windows.pad !== 'same' || span === 1 || (output - 1) * along(windows.stride, axis) + span >= size;
  });
}

/** Calls back with every pair of an output pixel and an input pixel inside the image that a tap brings together. */
export function eachTap(
  [batch, height, width]: Shape4D,
  windows: Windows,
  visit: (output: number, input: number, tap: number) => void,
): void {
  const { taps, stride, dilation = 1 } = windows;
  const [rows, columns] = [axisOf(height, windows, 0), axisOf(width, windows, 1)];
  for (let b = 0; b < batch; b++)
    for (let oy = 0; oy < rows.output; oy++)
      for (let ox = 0; ox < columns.output; ox++)
        for (let i = 0; i < along(taps, 0); i++)
          for (let j = 0; j < along(taps, 1); j++) {
            const y = oy * along(stride, 0) + i * along(dilation, 0) - rows.before;
            const x = ox * along(stride, 1) + j * along(dilation, 1) - columns.before;
            if (y < 0 || x < 0 || y >= height || x >= width) continue;
            const output = (b * rows.output + oy) * columns.output + ox;
            visit(output, (b * height + y) * width + x, i * along(taps, 1) + j);
          }
}

export function dot(a: tf.Tensor, b: tf.Tensor): number {
  const [left, right] = [a.dataSync<'float32'>(), b.dataSync<'float32'>()];
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? NaN), 0);
}

export function length(a: tf.Tensor): number {
  return Math.sqrt(dot(a, a));
}

/** Largest difference, relative to the largest wanted value. */
export function expectClose(found: tf.Tensor, wanted: Float64Array, tolerance = 1e-5): void {
  const values = found.dataSync();
  expect(values.length).to.equal(wanted.length);
  let [error, scale] = [0, 0];
  values.forEach((value, index) => {
    const want = wanted[index] ?? NaN;
    const difference = Math.abs(value - want);
    error = difference > error || Number.isNaN(difference) ? difference : error;
    scale = Math.max(scale, Math.abs(want));
  });
  expect(error, 'largest error').to.be.at.most(tolerance * Math.max(scale, 1e-30));
}

/** Runs a test's body and expects it to leave no tensor and no buffer behind. */
export function withoutLeaks(body: () => void): void {
  const before = tf.memory();
  tf.tidy(body);
  const after = tf.memory();
  expect(after.numTensors, 'tensors').to.equal(before.numTensors);
  expect(after.numDataBuffers, 'buffers').to.equal(before.numDataBuffers);
}

/**
 * For a map that is linear in x, ⟨f(x), dy⟩ = ⟨x, dx⟩ and, in any direction d, ⟨f(x + d) − f(x − d), dy⟩ / 2 = ⟨d, dx⟩.
 * The first would not notice a gradient of another map with the same value at x.
 */
export function expectLinearGradient(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  dx: tf.Tensor,
  dy: tf.Tensor,
): void {
  const y = f(x);
  const scale = length(y) * length(dy) + 1e-30;
  expect(Math.abs(dot(y, dy) - dot(x, dx)) / scale, 'adjoint').to.be.below(1e-5);
  const direction = uniform(x.shape, 77);
  const change = tf.sub(f(tf.add(x, direction)), f(tf.sub(x, direction)));
  const found = (dot(change, dy) / 2 - dot(direction, dx)) / (length(change) * length(dy) + 1e-30);
  expect(Math.abs(found), 'direction').to.be.below(1e-5);
}

/** The same tensor, but with its last axis outermost in memory where a backend's transposition moves nothing. */
export function transposed(x: tf.Tensor): tf.Tensor {
  if (x.rank < 2) return x;
  const axes = x.shape.map((_, axis) => axis);
  const outwards = tf.transpose(x, [axes.at(-1)!, ...axes.slice(0, -1)]);
  const dense = tf.tensor(outwards.dataSync(), outwards.shape, x.dtype);
  return tf.transpose(dense, [...axes.slice(1), 0]);
}

/** Heights and widths that maps are resized between. */
export const resizes: readonly (readonly [from: [number, number], to: [number, number]])[] = [
  [
    [4, 6],
    [8, 12],
  ],
  [
    [5, 3],
    [7, 10],
  ],
  [
    [8, 12],
    [4, 5],
  ],
  [
    [1, 1],
    [3, 5],
  ],
  [
    [1, 4],
    [6, 9],
  ],
  [
    [4, 1],
    [2, 3],
  ],
  [
    [3, 5],
    [1, 1],
  ],
];
