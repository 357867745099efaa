/** Convolutions and pools as plain loops in double precision, and what the tests of the kernels share. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { createPart, Random } from '../../../../core/index.js';
import { wasm } from '../../../../plugins/engines/wasm/index.js';

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

/** One spatial axis: how many outputs, and the padding before the first input. */
export interface Axis {
  readonly output: number;
  readonly before: number;
}

/** Written anew from the definitions, not with the library's own helper. */
export function axisOf(size: number, taps: number, stride: number, pad: Pad, axis: 1 | 2): Axis {
  if (pad === 'same') {
    const output = Math.ceil(size / stride);
    return { output, before: Math.floor(Math.max(0, (output - 1) * stride + taps - size) / 2) };
  }
  const [before, after] = pad === 'valid' ? [0, 0] : typeof pad === 'number' ? [pad, pad] : pad[axis];
  return { output: Math.floor((size + before + after - taps) / stride) + 1, before };
}

/**
 * Whether a convolution of this geometry can be tested: it has outputs, and the backend's own forward kernel is right.
 * That one gives zeros under `same` where the strides leave some of the input's end unread (1 × 1 taps apart).
 */
export function isConvolvable([, height, width]: Shape4D, taps: number, stride: number, pad: Pad): boolean {
  return [height, width].every((size, index) => {
    const { output } = axisOf(size, taps, stride, pad, index === 0 ? 1 : 2);
    return output > 0 && (pad !== 'same' || taps === 1 || (output - 1) * stride + taps >= size);
  });
}

/** Calls back with every pair of an output pixel and an input pixel inside the image that a tap brings together. */
export function eachTap(
  [batch, height, width]: Shape4D,
  taps: number,
  stride: number,
  pad: Pad,
  visit: (output: number, input: number, tap: number) => void,
): void {
  const rows = axisOf(height, taps, stride, pad, 1);
  const columns = axisOf(width, taps, stride, pad, 2);
  for (let b = 0; b < batch; b++)
    for (let oy = 0; oy < rows.output; oy++)
      for (let ox = 0; ox < columns.output; ox++)
        for (let i = 0; i < taps; i++)
          for (let j = 0; j < taps; j++) {
            const y = oy * stride + i - rows.before;
            const x = ox * stride + j - columns.before;
            if (y < 0 || x < 0 || y >= height || x >= width) continue;
            const output = (b * rows.output + oy) * columns.output + ox;
            visit(output, (b * height + y) * width + x, i * taps + j);
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
