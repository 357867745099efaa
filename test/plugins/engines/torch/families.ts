/** One operation after the other, on small odd shapes: what TensorFlow.js' plain JavaScript kernels compute as well. */
import * as tf from '@tensorflow/tfjs';
import { Random } from '../../../../core/index.js';
import { uniform } from '../reference.js';

export interface Family {
  readonly inputs: () => tf.Tensor[];
  readonly compute: (...inputs: never[]) => tf.Tensor | tf.Tensor[];
}

type Families = Record<string, Family>;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const shape = [2, 5, 7, 4];

function integers(of: readonly number[], seed: number, below = 5): tf.Tensor {
  const random = new Random(seed);
  const values = Array.from({ length: tf.util.sizeFromShape([...of]) }, () => random.integer(below));
  return tf.tensor(values, [...of], 'int32');
}

function one(
  compute: (x: tf.Tensor) => tf.Tensor | tf.Tensor[],
  input = (): tf.Tensor => uniform(shape, 1),
): Family {
  return { inputs: () => [input()], compute: (x: tf.Tensor) => compute(x) };
}

const positive = (): tf.Tensor => tf.add(tf.abs(uniform(shape, 2)), 0.1);
const bits = (): tf.Tensor => tf.greater(uniform(shape, 3), 0);

// prettier-ignore
const anywhere = [
  'abs', 'acos', 'asin', 'asinh', 'atan', 'atanh', 'ceil', 'cos', 'cosh', 'elu', 'erf', 'exp', 'expm1', 'floor', 'isFinite',
  'isInf', 'isNaN', 'neg', 'relu', 'relu6', 'round', 'selu', 'sigmoid', 'sign', 'sin', 'sinh', 'softplus', 'square', 'tan',
  'tanh', 'zerosLike', 'onesLike',
] as const;

const elementwise: Families = {
  ...Object.fromEntries(
    anywhere.map((name) => [name, one((x) => tf[name](tf.mul(x, name === 'relu6' ? 9 : 0.95)))]),
  ),
  ...Object.fromEntries(
    (['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal'] as const).map((name) => [
      name,
      one((x) => tf[name](x), positive),
    ]),
  ),
  acosh: one((x) => tf.acosh(tf.add(x, 1)), positive),
  logicalNot: one((x) => tf.logicalNot(x), bits),
  step: one((x) => tf.step(x, 0.3)),
  leakyRelu: one((x) => tf.leakyRelu(x, 0.1)),
  clipByValue: one((x) => tf.clipByValue(x, -0.3, 0.6)),
  'cast to int32': one((x) => tf.cast(tf.mul(x, 9), 'int32')),
  'cast to bool': one((x) => tf.cast(tf.round(x), 'bool')),
  'cast of int32': one(
    (x) => tf.cast(x, 'float32'),
    () => integers(shape, 4),
  ),
};

const arithmetic: Readonly<Record<string, Binary>> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: (a, b) => tf.div(a, tf.add(tf.abs(b), 0.2)),
  // Engines disagree on the type of whole numbers.
  floorDiv: (a, b) => tf.cast(tf.floorDiv(a, tf.add(tf.abs(b), 0.2)), 'int32'),
  mod: (a, b) => tf.mod(a, tf.add(tf.abs(b), 0.2)),
  pow: (a, b) => tf.pow(tf.add(tf.abs(a), 0.1), b),
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  atan2: tf.atan2,
  prelu: tf.prelu,
  equal: (a, b) => tf.equal(tf.round(a), tf.round(b)),
  notEqual: (a, b) => tf.notEqual(tf.round(a), tf.round(b)),
  less: tf.less,
  lessEqual: tf.lessEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  logicalAnd: (a, b) => tf.logicalAnd(tf.greater(a, 0), tf.less(b, 0)),
  logicalOr: (a, b) => tf.logicalOr(tf.greater(a, 0), tf.less(b, 0)),
};

const wholeArithmetic: Readonly<Record<string, Binary>> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  floorDiv: tf.floorDiv,
  mod: tf.mod,
  equal: tf.equal,
  less: tf.less,
};

const broadcasts = [shape, [4], [2, 5, 7, 1], [1, 5, 1, 4], []];

const pairs: Families = Object.fromEntries([
  ...Object.entries(arithmetic).flatMap(([name, compute]) =>
    broadcasts.map((other): [string, Family] => [
      `${name} with [${other.join()}]`,
      {
        inputs: () => [uniform(shape, 5), uniform(other, 6)],
        compute: (a: tf.Tensor, b: tf.Tensor) => compute(a, b),
      },
    ]),
  ),
  ...Object.entries(wholeArithmetic).map(([name, compute]): [string, Family] => [
    `${name} of int32`,
    {
      inputs: () => [integers(shape, 7), tf.add(integers([7, 1], 8), tf.scalar(1, 'int32'))],
      compute: (a: tf.Tensor, b: tf.Tensor) => compute(a, b),
    },
  ]),
  [
    'where',
    {
      inputs: () => [bits(), uniform(shape, 9), uniform(shape, 10)],
      compute: (condition: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.where(condition, a, b),
    },
  ],
  [
    'addN',
    {
      inputs: () => [11, 12, 13].map((seed) => uniform(shape, seed)),
      compute: (...terms: tf.Tensor[]) => tf.addN(terms),
    },
  ],
]);

const subsets: readonly number[][] = Array.from({ length: 16 }, (_, bits) =>
  [0, 1, 2, 3].filter((axis) => bits & (1 << axis)),
).filter((axes) => axes.length > 0);

const reductions: Families = Object.fromEntries([
  ...(['sum', 'mean', 'max', 'min', 'prod'] as const).flatMap((name) =>
    subsets.map((axes): [string, Family] => [
      `${name} over [${axes.join()}]`,
      one((x) => tf[name](tf.mul(x, 1.5), axes, axes.length % 2 === 0)),
    ]),
  ),
  ...(['any', 'all'] as const).flatMap((name) =>
    subsets.map((axes): [string, Family] => [
      `${name} over [${axes.join()}]`,
      one((x) => tf[name](x, axes), bits),
    ]),
  ),
  ...([0, 1, 2, 3] as const).flatMap((axis): [string, Family][] => [
    [`argMax along ${axis}`, one((x) => tf.argMax(x, axis))],
    [`argMin along ${axis}`, one((x) => tf.argMin(x, axis))],
    [
      `softmax along the last of ${axis + 1} axes`,
      one((x) => tf.softmax(x.reshape([...shape.slice(0, axis), -1]))),
    ],
    [`cumsum along ${axis}`, one((x) => tf.cumsum(x, axis, axis % 2 === 0, axis > 1))],
    [`cumprod along ${axis}`, one((x) => tf.cumprod(x, axis, axis % 2 === 1, axis > 1))],
  ]),
  ['logSoftmax', one((x) => tf.logSoftmax(tf.mul(x, 40), -1))],
  ['logSumExp', one((x) => tf.logSumExp(tf.mul(x, 40), [1, 3]))],
  [
    'sum of int32',
    one(
      (x) => tf.sum(x, [1, 2]),
      () => integers(shape, 14, 1000),
    ),
  ],
  [
    'mean of int32',
    one(
      (x) => tf.mean(x, [0, 3]),
      () => integers(shape, 15),
    ),
  ],
]);

const positions = (count: number): tf.Tensor1D =>
  tf.tensor1d(
    [3, 0, 1, 3].map((at) => at % count),
    'int32',
  );

const moves: Families = {
  reshape: one((x) => x.reshape([10, -1])),
  expandDims: one((x) => tf.expandDims(x, 2)),
  transpose: one((x) => tf.transpose(x, [0, 3, 1, 2])),
  'transpose, twice': one((x) => tf.transpose(tf.transpose(x, [3, 1, 0, 2]), [1, 3, 2, 0])),
  slice: one((x) => tf.slice(x, [0, 1, 2, 1], [2, 3, 4, 2])),
  stridedSlice: one((x) => tf.stridedSlice(x, [0, 1, 0, 3], [2, 5, 7, 0], [1, 2, 3, 1], 0, 8, 0, 0, 0)),
  'stridedSlice backwards': one((x) => tf.stridedSlice(x, [1, 4], [-3, 0], [-1, -2])),
  tile: one((x) => tf.tile(x, [1, 2, 1, 3])),
  reverse: one((x) => tf.reverse(x, [1, 3])),
  split: one((x) => tf.split(x, [3, 1, 3], 2)),
  unstack: one((x) => tf.unstack(x, 1)),
  pad: one((x) => tf.pad(x, [[0, 0], [1, 2], [3, 0], [0, 1]], 0.5)), // prettier-ignore
  mirrorPad: one((x) => tf.mirrorPad(x, [[0, 0], [1, 2], [3, 0], [0, 1]], 'reflect')), // prettier-ignore
  oneHot: one(
    (x) => tf.oneHot(x, 4, 2, -1),
    () => integers([3, 4], 16, 6),
  ),
  ...Object.fromEntries(
    [0, 1, 2, 3].flatMap((axis): [string, Family][] => [
      [`concat along ${axis}`, one((x) => tf.concat([x, tf.square(x), x], axis))],
      [`stack along ${axis}`, one((x) => tf.stack([x, tf.square(x)], axis))],
      [`gather along ${axis}`, one((x) => tf.gather(x, positions(shape[axis]!), axis))],
    ]),
  ),
  'gather by batches': {
    inputs: () => [uniform(shape, 17), integers([2, 3], 18)],
    compute: (x: tf.Tensor, at: tf.Tensor) => tf.gather(x, at, 1, 1),
  },
  tensorScatterUpdate: one((x) =>
    tf.tensorScatterUpdate(x, tf.tensor2d([[1], [0]], [2, 1], 'int32'), tf.zerosLike(x)),
  ),
};

/** [left, right, transpose left, transpose right]; those of more than 2^16 products go another way. */
const products: readonly (readonly [number[], number[], boolean, boolean])[] = [
  [[3, 5], [5, 7], false, false],
  [[5, 3], [7, 5], true, true],
  [[1, 300], [300, 1], false, false],
  [[67, 41], [41, 53], false, false],
  [[41, 67], [53, 41], true, true],
  [[129, 1], [1, 515], false, false],
  [[3, 2, 5], [3, 5, 4], false, false],
  [[2, 3, 33, 47], [3, 47, 51], false, false],
  [[4, 47, 33], [1, 51, 47], true, true],
]; // prettier-ignore

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;

const networks: Families = Object.fromEntries([
  ...products.map(([left, right, transposeLeft, transposeRight]): [string, Family] => [
    `matMul [${left.join()}] × [${right.join()}]${transposeLeft ? ', transposed' : ''}`,
    {
      inputs: () => [uniform(left, 19), uniform(right, 20)],
      compute: (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, transposeLeft, transposeRight),
    },
  ]),
  ...activations.flatMap((activation): [string, Family][] => {
    const rest = { activation, leakyreluAlpha: 0.2 } as const;
    const slopes = (of: number[]): tf.Tensor | undefined =>
      activation === 'prelu' ? uniform(of, 21) : undefined;
    return [
      [
        `fused matMul, ${activation}`,
        {
          inputs: () => [uniform([3, 9, 5], 22), uniform([3, 5, 7], 23), uniform([7], 24)],
          compute: (a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor) =>
            tf.fused.matMul({ a, b, bias, ...rest, preluActivationWeights: slopes([7])! }),
        },
      ],
      ...(['conv2d', 'depthwiseConv2d'] as const).map((name): [string, Family] => [
        `fused ${name}, ${activation}`,
        {
          inputs: () => [
            uniform(shape, 25),
            uniform([3, 2, 4, 3], 26),
            uniform([name === 'conv2d' ? 3 : 12], 27),
          ],
          compute: (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
            tf.fused[name]({
              x,
              filter,
              bias,
              strides: [1, 2],
              pad: 'same',
              ...rest,
              preluActivationWeights: slopes([name === 'conv2d' ? 3 : 12])!,
            }),
        },
      ]),
    ];
  }),
  [
    'conv2dTranspose',
    {
      inputs: () => [uniform(shape, 28), uniform([3, 3, 6, 4], 29)],
      compute: (x: tf.Tensor4D, filter: tf.Tensor4D) =>
        tf.conv2dTranspose(x, filter, [2, 9, 13, 6], 2, 'same'),
    },
  ],
  [
    'batchNorm',
    {
      inputs: () => [uniform(shape, 30), ...[31, 32, 33, 34].map((seed) => tf.abs(uniform([4], seed)))],
      compute: (x: tf.Tensor4D, ...[mean, variance, offset, scale]: tf.Tensor1D[]) =>
        tf.batchNorm(x, mean!, variance!, offset, scale, 1e-3),
    },
  ],
]);

/** By name. */
export const families: Readonly<Families> = {
  ...elementwise,
  ...pairs,
  ...reductions,
  ...moves,
  ...networks,
};
