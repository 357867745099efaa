/** The gradients that training uses, on small images that are not square, on whatever engine is active. */
import * as tf from '@tensorflow/tfjs';
import { IndexedMaxPool2d, MaxUnpool2d, Random } from '../../../core/index.js';
import {
  asymmetric,
  hasOutputs,
  resizes,
  uniform,
  wasmConvolves,
  type Pad,
  type Shape4D,
} from './reference.js';

/** What an operation gives and its gradients with respect to each input. */
export type Gradients = Readonly<Record<string, readonly (readonly number[])[]>>;

interface Case {
  readonly inputs: () => tf.Tensor[];
  readonly compute: (...inputs: never[]) => tf.Tensor;
}

const windows: readonly (readonly [taps: number, stride: number, pad: Pad])[] = [
  [3, 1, 1],
  [3, 2, 1],
  [1, 1, 0],
  [1, 2, 0],
  [7, 2, 3],
  [3, 2, 'same'],
  [2, 2, 'valid'],
  [3, 2, asymmetric],
];

/** Channels in fours are computed by other programs than the rest. */
const images: readonly (readonly [shape: Shape4D, windows: typeof windows])[] = [
  [[2, 7, 10, 3], windows],
  [[1, 5, 4, 4], windows.slice(0, 2)],
];

/** Few different values: most windows have several largest ones. */
function coarse(shape: readonly number[], seed: number): tf.Tensor {
  const random = new Random(seed);
  const values = Array.from({ length: tf.util.sizeFromShape([...shape]) }, () =>
    Math.round(random.uniform(-1, 1)),
  );
  return tf.tensor(values, [...shape], 'float32');
}

function windowCases(): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (const [shape, some] of images) {
    for (const [taps, stride, pad] of some) {
      const placed = { taps, stride, pad };
      if (!hasOutputs(shape, placed) || !wasmConvolves(shape, placed)) continue;
      const rounding = typeof pad === 'number' ? 'floor' : undefined;
      const channels = shape[3];
      const title = `${shape.join('×')}, ${taps} taps, stride ${stride}, pad ${JSON.stringify(pad)}`;
      const image = (): tf.Tensor => uniform(shape, 1);
      for (const outputs of [5, 8]) {
        cases[`conv2d to ${outputs}: ${title}`] = {
          inputs: () => [image(), uniform([taps, taps, channels, outputs], 2)],
          compute: (x: tf.Tensor4D, filter: tf.Tensor4D) =>
            tf.conv2d(x, filter, stride, pad, 'NHWC', 1, rounding),
        };
      }
      cases[`depthwise: ${title}`] = {
        inputs: () => [image(), uniform([taps, taps, channels, 2], 2)],
        compute: (x: tf.Tensor4D, filter: tf.Tensor4D) =>
          tf.depthwiseConv2d(x, filter, stride, pad, 'NHWC', 1, rounding),
      };
      const maxPool = (x: tf.Tensor4D): tf.Tensor => tf.maxPool(x, taps, stride, pad, rounding);
      cases[`max pool: ${title}`] = { inputs: () => [image()], compute: maxPool };
      cases[`max pool of equals: ${title}`] = { inputs: () => [coarse(shape, 3)], compute: maxPool };
      cases[`average pool: ${title}`] = {
        inputs: () => [image()],
        compute: (x: tf.Tensor4D) => tf.avgPool(x, taps, stride, pad, rounding),
      };
    }
  }
  return cases;
}

function resizeCases(): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (const [name, align, half] of [
    ['aligned corners', true, false],
    ['half-pixel centres', false, true],
    ['left edges', false, false],
  ] as const) {
    for (const [from, to] of resizes) {
      const title = `${name}, ${from.join('×')} to ${to.join('×')}`;
      const inputs = (): tf.Tensor[] => [uniform([2, ...from, 3], 4)];
      const size: [number, number] = [...to];
      cases[`bilinear: ${title}`] = {
        inputs,
        compute: (x: tf.Tensor4D) => tf.image.resizeBilinear(x, size, align, half),
      };
      cases[`nearest: ${title}`] = {
        inputs,
        compute: (x: tf.Tensor4D) => tf.image.resizeNearestNeighbor(x, size, align, half),
      };
    }
  }
  return cases;
}

const someShape = [2, 5, 7, 4];

/** By name: an operation of one input. */
const unary: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  relu: tf.relu,
  abs: tf.abs,
  square: tf.square,
  exp: tf.exp,
  log: (x) => tf.log(tf.add(tf.abs(x), 0.1)),
  log1p: (x) => tf.log1p(tf.abs(x)),
  sqrt: (x) => tf.sqrt(tf.add(tf.abs(x), 0.1)),
  rsqrt: (x) => tf.rsqrt(tf.add(tf.abs(x), 0.1)),
  sigmoid: tf.sigmoid,
  clip: (x) => tf.clipByValue(x, -0.5, 0.5),
  'log-softmax': (x) => tf.logSoftmax(x, -1),
  'log-sum-exp': (x) => tf.logSumExp(x, -1),
  'sum of maps': (x) => tf.sum(x, [0, 1, 2]),
  'mean of channels': (x) => tf.mean(x, -1),
  transpose: (x) => tf.transpose(x, [0, 3, 1, 2]),
  slice: (x) => tf.slice(x, [0, 1, 2, 1], [2, 3, 4, 2]),
  pad: (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 2],
      [3, 0],
      [0, 0],
    ]),
  concat: (x) => tf.concat([x, tf.square(x)], 3),
  stack: (x) => tf.stack([x, tf.square(x)]),
};

const binary: Readonly<Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor>> = {
  add: tf.add,
  subtract: tf.sub,
  multiply: tf.mul,
  divide: (a, b) => tf.div(a, tf.add(tf.abs(b), 0.2)),
};

function pointwiseCases(): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (const [name, compute] of Object.entries(unary)) {
    cases[name] = { inputs: () => [uniform(someShape, 5)], compute: (x: tf.Tensor) => compute(x) };
  }
  for (const [name, compute] of Object.entries(binary)) {
    for (const shape of [someShape, [4], [2, 5, 7, 1], []]) {
      cases[`${name} with [${shape.join()}]`] = {
        inputs: () => [uniform(someShape, 6), uniform(shape, 7)],
        compute: (a: tf.Tensor, b: tf.Tensor) => compute(a, b),
      };
    }
  }
  for (const [left, right] of [
    [false, false],
    [false, true],
    [true, false],
  ] as const) {
    cases[`matMul, transposed: ${left}, ${right}`] = {
      inputs: () => [uniform(left ? [5, 3] : [3, 5], 8), uniform(right ? [7, 5] : [5, 7], 9)],
      compute: (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, left, right),
    };
  }
  return cases;
}

/** SegNet's pooling; its gradients put values in the places that comparisons chose. */
function indexedPoolCases(): Record<string, Case> {
  const pool = (x: tf.Tensor): tf.Tensor[] => new IndexedMaxPool2d({}).apply(x) as tf.Tensor[];
  const shape = [2, 6, 10, 3];
  return Object.fromEntries(
    Object.entries({ values: uniform, equals: coarse }).flatMap(([name, make]): [string, Case][] => [
      [
        `max pool with indices of ${name}`,
        { inputs: () => [make(shape, 3)], compute: (x: tf.Tensor) => pool(x)[0]! },
      ],
      [
        `max unpool to indices of ${name}`,
        {
          inputs: () => [uniform([2, 3, 5, 3], 4)],
          compute: (x: tf.Tensor) => new MaxUnpool2d({}).apply([x, pool(make(shape, 3))[1]!]) as tf.Tensor,
        },
      ],
    ]),
  );
}

const cases: Readonly<Record<string, Case>> = {
  ...windowCases(),
  ...resizeCases(),
  ...pointwiseCases(),
  ...indexedPoolCases(),
};

export const caseNames: readonly string[] = Object.keys(cases);

/** Those with padding by numbers, and those with half-pixel centres. */
export const paddedCaseNames = caseNames.filter((name) => /pad (\[|[1-9])|half-pixel/.test(name));

/**
 * Cases on the active engine, and how many tensors they leave.
 * @param layout how inputs and upstream gradients lie in memory
 */
export async function computeGradients(
  names: readonly string[] = caseNames,
  layout: (x: tf.Tensor) => tf.Tensor = (x) => x,
): Promise<{ readonly cases: Gradients; readonly left: number }> {
  const before = tf.memory().numTensors;
  const computed: Record<string, number[][]> = {};
  for (const name of names) {
    const { inputs, compute } = cases[name]!;
    const tensors = tf.tidy(() => {
      const xs = inputs().map(layout);
      const f = compute as (...xs: tf.Tensor[]) => tf.Tensor;
      const y = f(...xs);
      return [y, ...tf.grads(f)(xs, layout(uniform(y.shape, 10)))];
    });
    computed[name] = await Promise.all(tensors.map(async (tensor) => Array.from(await tensor.data())));
    tf.dispose(tensors);
  }
  return { cases: computed, left: tf.memory().numTensors - before };
}

export const computeAll = (): ReturnType<typeof computeGradients> => computeGradients();
export const computePadded = (): ReturnType<typeof computeGradients> => computeGradients(paddedCaseNames);
