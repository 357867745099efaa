/** What the tests compute on the torch engine; each function gives numbers to hold against what they should be. */
import * as tf from '@tensorflow/tfjs';
import { createPart, fused, openSession, Stepper } from '../../../../core/index.js';
import { optimizers } from '../../../../plugins/optimizers/index.js';
import { equal } from '../../../../plugins/weighters/index.js';
import { load } from '../../../core/run/tiny.js';
import { firstBatch } from '../network.js';
import { uniform } from '../reference.js';

type Numbers = Record<string, number>;

/** ‖found − wanted‖ / ‖wanted‖ */
function error(found: tf.Tensor, wanted: tf.Tensor): number {
  return tf.tidy(() => tf.div(tf.norm(tf.sub(found, wanted)), tf.norm(wanted)).dataSync()[0]!);
}

function dot(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.sum(tf.mul(a, b)).dataSync()[0]!);
}

/**
 * Geometries that choose each way through a convolution: Winograd of many tiles and of few, with odd numbers of rows,
 * columns and vectors; direct, with few pixels and with many; ATen.
 */
const convolutions: readonly (readonly [
  shape: [number, number, number, number],
  taps: number,
  out: number,
  pad: number,
])[] = [
  [[2, 31, 33, 32], 3, 40, 1],
  [[1, 45, 47, 64], 3, 32, 0],
  [[2, 33, 32, 72], 3, 128, 2],
  [[2, 9, 11, 8], 3, 24, 1],
  [[1, 20, 13, 24], 5, 16, 2],
  [[2, 6, 8, 64], 1, 7, 0],
  [[2, 16, 12, 3], 7, 16, 3],
  [[3, 40, 41, 40], 3, 33, 1],
  [[2, 33, 35, 96], 3, 160, 1],
  [[1, 5, 7, 64], 3, 96, 1],
  [[2, 7, 9, 96], 3, 32, 0],
  [[2, 9, 8, 5], 1, 48, 0],
  [[2, 37, 41, 20], 1, 3, 0],
];

/** A convolution as a sum of matrix products over its taps, and its gradients. */
function byTaps(x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor4D, pad: number): tf.Tensor[] {
  const [batch, rows, columns, out] = dy.shape;
  const [taps, , inputs] = filter.shape;
  const padded = tf.pad(x, [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ]);
  const reach = taps - 1;
  const wide = tf.pad(dy, [
    [0, 0],
    [reach, reach],
    [reach, reach],
    [0, 0],
  ]);
  let y: tf.Tensor = tf.zeros(dy.shape);
  let dx: tf.Tensor = tf.zeros(padded.shape);
  const dFilter: tf.Tensor[] = [];
  for (let i = 0; i < taps; i++) {
    for (let j = 0; j < taps; j++) {
      const seen = padded
        .slice([0, i, j, 0], [batch, rows, columns, inputs])
        .reshape<tf.Tensor2D>([-1, inputs]);
      const weights = filter.slice([i, j, 0, 0], [1, 1, inputs, out]).reshape<tf.Tensor2D>([inputs, out]);
      const back = wide
        .slice([0, reach - i, reach - j, 0], [batch, rows + reach, columns + reach, out])
        .reshape<tf.Tensor2D>([-1, out]);
      y = tf.add(y, tf.matMul(seen, weights).reshape(dy.shape));
      dx = tf.add(dx, tf.matMul(back, weights, false, true).reshape(padded.shape));
      dFilter.push(tf.matMul(seen, dy.reshape<tf.Tensor2D>([-1, out]), true));
    }
  }
  return [y, dx.slice([0, pad, pad, 0], x.shape), tf.stack(dFilter).reshape(filter.shape)];
}

/** Errors of large convolutions and their gradients, also of an image that is a transposed view. */
export function convolutionErrors(): Promise<Numbers> {
  const errors: Numbers = {};
  for (const [shape, taps, out, pad] of convolutions) {
    tf.tidy(() => {
      const filter = uniform([taps, taps, shape[3], out], 2) as tf.Tensor4D;
      const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, pad, 'NHWC', 1, 'floor');
      const dense = uniform(shape, 1) as tf.Tensor4D;
      const view = uniform([shape[0], shape[3], shape[1], shape[2]], 4).transpose<tf.Tensor4D>([0, 2, 3, 1]);
      for (const [layout, x] of Object.entries({ dense, view })) {
        const y = conv(x, filter);
        const dy = uniform(y.shape, 3) as tf.Tensor4D;
        const found = [y, ...tf.grads(conv)([x, filter], dy)];
        byTaps(x, filter, dy, pad).forEach((wanted, index) => {
          errors[`${shape.join('×')} ${taps}×${taps} to ${out}, ${layout}: ${['y', 'dx', 'dw'][index]!}`] =
            error(found[index]!, wanted);
        });
      }
      const bias = uniform([out], 5) as tf.Tensor1D;
      const withBias = tf.fused.conv2d({
        x: dense,
        filter,
        strides: 1,
        pad,
        dimRoundingMode: 'floor',
        bias,
        activation: 'relu',
      });
      errors[`${shape.join('×')} ${taps}×${taps} to ${out}: bias, relu`] = error(
        withBias,
        tf.relu(tf.add(conv(dense, filter), bias)),
      );
    });
  }
  return Promise.resolve(errors);
}

/** ⟨conv(x), dy⟩ beside ⟨x, dx⟩ and ⟨w, dw⟩ of a dilated convolution, which tfjs itself does not differentiate. */
export function dilatedProducts(): Promise<{ products: number[] }> {
  const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', [2, 3]);
  const [x, filter] = [uniform([2, 9, 11, 8], 1), uniform([3, 3, 8, 7], 2)];
  const y = conv(x, filter);
  const dy = uniform(y.shape, 3);
  const [dx, dFilter] = tf.grads(conv)([x, filter], dy);
  return Promise.resolve({ products: [dot(y, dy), dot(x, dx!), dot(filter, dFilter!)] });
}

/** The fused kernels beside the ops that they stand for. */
export function fusedErrors(): Promise<Numbers> {
  const errors: Numbers = {};
  for (const [channels, relu] of [
    [7, false],
    [64, true],
    [300, true],
  ] as const) {
    const x = uniform([2, 13, 11, channels], 1);
    const [scale, offset] = [uniform([channels], 2), uniform([channels], 3)] as [tf.Tensor1D, tf.Tensor1D];
    const dy = uniform(x.shape, 4);
    const attrs = { epsilon: 1e-5, relu };
    const steps = (...[image, gamma, beta]: tf.Tensor[]): tf.Tensor => {
      const { mean, variance } = tf.moments(image!, [0, 1, 2]);
      const z = tf.add(tf.mul(tf.mul(tf.sub(image!, mean), tf.rsqrt(tf.add(variance, 1e-5))), gamma!), beta!);
      return relu ? tf.relu(z) : z;
    };
    const [y, mean, variance, inverse] = fused('BatchNormTrain', { x, scale, offset }, attrs) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const moments = tf.moments(x, [0, 1, 2]);
    const found = [
      y,
      mean,
      variance,
      ...fused('BatchNormTrainGrad', { dy, x, mean, inverse, scale, offset }, attrs)!,
    ];
    const wanted = [
      steps(x, scale, offset),
      moments.mean,
      moments.variance,
      ...tf.grads(steps)([x, scale, offset], dy),
    ];
    found.forEach((tensor, index) => {
      errors[`batch norm of ${channels}, ${relu ? 'relu' : 'linear'}: ${index}`] = error(
        tensor,
        wanted[index]!,
      );
    });
  }
  const [a, b] = [uniform([3, 5, 7], 6), uniform([3, 5, 7], 7)];
  errors['add, relu'] = error(fused('AddRelu', { a, b })![0]!, tf.relu(tf.add(a, b)));
  errors['relu’s gradient'] = error(fused('ReluGrad', { dy: a, y: b })![0]!, tf.mul(a, tf.step(b)));
  return Promise.resolve(errors);
}

/** Steps of Adam on a filter, on a view of another tensor and on a tensor with a clone; what the others hold after them. */
export function adamSteps(): Promise<{ moved: number[]; kept: number[]; start: number[] }> {
  const start = uniform([3, 3, 8, 16], 1);
  const clone = start.clone();
  const parameter = tf.variable(start, true, 'filter');
  const view = start.reshape([9, 128]);
  const optimizer = createPart(optimizers.adam, { lr: 0.01, weightDecay: 0.1 });
  for (let step = 0; step < 3; step++) {
    // A convolution lays the filter out anew, as the gradient is.
    tf.dispose(
      tf.conv2d(uniform([1, 8, 8, 8], 2) as tf.Tensor4D, parameter as unknown as tf.Tensor4D, 1, 'same'),
    );
    const gradient = uniform(start.shape, 3 + step);
    optimizer.step({ filter: parameter }, { filter: gradient }, 0.01);
  }
  const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
  return Promise.resolve({
    moved: numbers(parameter),
    kept: [...numbers(clone), ...numbers(view)],
    start: numbers(start),
  });
}

/** A failed allocation, and whether the engine goes on after it. */
export function outOfMemory(): Promise<{ code: string; after: number }> {
  let code = 'none';
  try {
    tf.fill([1e7, 1e6], 1);
  } catch (failure) {
    code = (failure as { code?: string }).code ?? String(failure);
  }
  return Promise.resolve({ code, after: tf.add(1, 2).dataSync()[0]! });
}

/** What the training of the tiny network shows: every step's loss, and the rest every 100 steps. */
export interface Seen {
  readonly losses: number[];
  readonly tensors: number[];
  /** The process's resident memory after a collection of garbage, which a process with `levelMemory` can do; MiB. */
  readonly resident: number[];
}

/**
 * V8's flags that leave its memory to the program alone: no compiler and no collector that work beside it, whenever the
 * machine has time for them; garbage that is collected on request; and no room that grows with what has been allocated.
 */
export const levelMemory = ['--expose-gc', '--single-threaded', '--max-semi-space-size=1'] as const;

/** Several times: V8 gives code that is no longer run, and pages, back only after some collections. */
function collectGarbage(): void {
  for (let round = 0; round < 8; round++) globalThis.gc?.();
}

async function trainTiny(engine: unknown, steps: number): Promise<Seen> {
  const session = await openSession(await load(`engine=${JSON.stringify(engine)}`), { initialize: true });
  const batch = await firstBatch(session);
  const [weighter, optimizer] = [createPart(equal), createPart(optimizers.adam, { lr: 1e-3 })];
  weighter.setup({
    tasks: session.tasks.map(({ name }) => name),
    kinds: session.tasks.map(({ kind }) => kind),
    seed: 0,
  });
  const stepper = new Stepper({ ...session, weighter, optimizer, clipNorm: null });
  const seen: Seen = { losses: [], tensors: [], resident: [] };
  for (let step = 1; step <= steps; step++) {
    const { losses } = await stepper.step(batch, 1e-3);
    seen.losses.push(Object.values(losses).reduce((sum, { total }) => sum + total, 0));
    if (step % 100 !== 0) continue;
    seen.tensors.push(tf.memory().numTensors);
    collectGarbage();
    seen.resident.push(process.memoryUsage.rss() / 2 ** 20);
  }
  return seen;
}

export const twoThousandSteps = (engine: unknown): Promise<Seen> => trainTiny(engine, 2000);
export const twoHundredSteps = (engine: unknown): Promise<Seen> => trainTiny(engine, 200);
export const twentySteps = (engine: unknown): Promise<Seen> => trainTiny(engine, 20);
