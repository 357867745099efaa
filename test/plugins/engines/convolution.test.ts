import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describeOnEach, type EngineName } from '../../engines.js';
import {
  along,
  asymmetric,
  axisOf,
  eachTap,
  expectClose,
  expectLinearGradient,
  hasOutputs,
  uniform,
  wasmConvolves,
  withoutLeaks,
  type Pad,
  type Shape4D,
  type Windows,
} from './reference.js';

interface Convolution extends Windows {
  readonly shape: Shape4D;
  /** Output channels; where it is depthwise, those that each input channel has. */
  readonly filters: number;
  readonly depthwise: boolean;
}

function filterShape({ shape, taps, filters }: Convolution): Shape4D {
  return [along(taps, 0), along(taps, 1), shape[3], filters];
}

function convolve(one: Convolution, x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  const { stride, pad, dilation = 1, depthwise } = one;
  const [strides, dilations] = [stride, dilation].map((pair) => [along(pair, 0), along(pair, 1)]) as [
    [number, number],
    [number, number],
  ];
  const [image, filter] = [x as tf.Tensor4D, w as tf.Tensor4D];
  return depthwise
    ? tf.depthwiseConv2d(image, filter, strides, pad, 'NHWC', dilations)
    : tf.conv2d(image, filter, strides, pad, 'NHWC', dilations);
}

/** Which products of a tap's weights there are, each with the input channel and the output channel that it joins. */
function productsOf({
  shape,
  filters,
  depthwise,
}: Convolution): readonly (readonly [number, number, number])[] {
  const products: [weight: number, input: number, output: number][] = [];
  for (let c = 0; c < shape[3]; c++)
    for (let d = 0; d < filters; d++) {
      const weight = c * filters + d;
      products.push([weight, c, depthwise ? weight : d]);
    }
  return products;
}

interface Wanted {
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly dw: Float64Array;
}

function byLoops(one: Convolution, [x, w, dy]: readonly Float32Array[]): Wanted {
  const { shape, filters, depthwise } = one;
  const products = productsOf(one);
  const outputs = depthwise ? products.length : filters;
  const [y, dx, dw] = [dy!, x!, w!].map(({ length }) => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  eachTap(shape, one, (output, pixel, tap) => {
    for (const [weight, input, to] of products) {
      const at = pixel * shape[3] + input;
      const by = tap * products.length + weight;
      const into = output * outputs + to;
      y[into]! += x![at]! * w![by]!;
      dx[at]! += w![by]! * dy![into]!;
      dw[by]! += x![at]! * dy![into]!;
    }
  });
  return { y, dx, dw };
}

function outputShape(one: Convolution): Shape4D {
  const { shape, filters, depthwise } = one;
  const [rows, columns] = [axisOf(shape[1], one, 0), axisOf(shape[2], one, 1)];
  return [shape[0], rows.output, columns.output, depthwise ? shape[3] * filters : filters];
}

/** The value and both gradients beside plain loops; the gradients also as adjoint maps. */
function check(one: Convolution): void {
  const [x, w, dy] = [uniform(one.shape, 1), uniform(filterShape(one), 2), uniform(outputShape(one), 3)];
  const f = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => convolve(one, x, w);
  const [dx, dw] = tf.grads(f)([x, w], dy) as [tf.Tensor, tf.Tensor];
  const wanted = byLoops(
    one,
    [x, w, dy].map((tensor) => tensor.dataSync<'float32'>()),
  );
  expectClose(f(x, w), wanted.y);
  expectClose(dx, wanted.dx);
  expectClose(dw, wanted.dw);
  expectLinearGradient((x) => f(x, w), x, dx, dy);
  expectLinearGradient((w) => f(x, w), w, dw, dy);
}

function fits(engine: EngineName, { shape, ...windows }: Convolution): boolean {
  return hasOutputs(shape, windows) && (engine !== 'wasm' || wasmConvolves(shape, windows));
}

const pads: readonly Pad[] = [0, 1, 3, 'same', 'valid', asymmetric];

/** [shape, filters] by kind. */
const images: Readonly<Record<'full' | 'depthwise', readonly (readonly [Shape4D, number])[]>> = {
  full: [
    [[1, 8, 8, 3], 16],
    [[3, 7, 10, 1], 3],
    [[1, 9, 6, 16], 1],
    [[3, 5, 5, 3], 3],
    // Fewer positions than outputs: another formulation of the input's gradient on wasm.
    [[2, 3, 4, 5], 40],
  ],
  depthwise: [
    [[1, 8, 8, 3], 1],
    [[3, 7, 10, 1], 2],
    [[1, 9, 6, 16], 1],
    [[3, 5, 5, 3], 3],
  ],
};

/** Rows and columns that differ. Under a padding given as one number tfjs-core takes columns for as long as rows. */
const oblong: readonly Omit<Convolution, 'depthwise'>[] = [
  ...[
    [1, 5],
    [3, 2],
  ].flatMap(([height, width]) =>
    [
      [1, 2],
      [3, 1],
      [2, 3],
    ].flatMap(([down, across]) =>
      [3, 60].map((filters) => ({
        shape: [2, 9, 8, 4] as Shape4D,
        taps: [height!, width!] as const,
        stride: [down!, across!] as const,
        // prettier-ignore
        pad: [[0, 0], [1, 1], [1, 1], [0, 0]] as Pad,
        filters,
      })),
    ),
  ),
];

describeOnEach('convolutions and their gradients', (engine) => {
  for (const kind of ['full', 'depthwise'] as const) {
    const depthwise = kind === 'depthwise';
    for (const taps of depthwise ? [1, 2, 3, 5] : [1, 2, 3, 5, 7]) {
      for (const stride of [1, 2, 3]) {
        it(`agree with plain loops and are adjoint: ${kind}, ${taps} × ${taps} taps, stride ${stride}`, () => {
          for (const pad of pads) {
            for (const [shape, filters] of images[kind]) {
              const one = { shape, taps, stride, pad, filters, depthwise };
              if (fits(engine, one)) withoutLeaks(() => check(one));
            }
          }
        });
      }
    }

    it(`do so for taps and strides that differ between rows and columns: ${kind}`, () => {
      for (const one of oblong) withoutLeaks(() => check({ ...one, depthwise }));
    });
  }

  it('do so for any shape', () => {
    const size = fc.integer({ min: 1, max: 12 });
    const channels = fc.integer({ min: 1, max: 9 });
    const anyPad = fc.oneof(fc.constantFrom<Pad>('same', 'valid'), fc.integer({ min: 0, max: 4 }));
    const any: fc.Arbitrary<Convolution> = fc
      .record({
        shape: fc.tuple(fc.integer({ min: 1, max: 3 }), size, size, channels),
        taps: fc.integer({ min: 1, max: 6 }),
        filters: channels,
        stride: fc.integer({ min: 1, max: 4 }),
        pad: anyPad,
        depthwise: fc.boolean(),
      })
      .filter((one) => fits(engine, one));
    fc.assert(
      fc.property(any, (one) => withoutLeaks(() => check(one))),
      { seed: 1, numRuns: 200 },
    );
  });

  it('are adjoint on a large image, which wasm works on in parts', () => {
    // 3 × 128 × 70 × 512 numbers to gather: more than one part may hold.
    withoutLeaks(() => {
      const x = uniform([1, 70, 512, 128], 1) as tf.Tensor4D;
      const w = uniform([3, 3, 128, 2], 2) as tf.Tensor4D;
      const convolve = (w: tf.Tensor): tf.Tensor => tf.conv2d(x, w as tf.Tensor4D, 1, 'same');
      const dy = uniform([1, 70, 512, 2], 3);
      expectLinearGradient(convolve, w, tf.grad(convolve)(w, dy), dy);
    });
  });

  // TensorFlow.js itself has no gradient of a dilated convolution.
  if (engine !== 'torch') return;

  for (const kind of ['full', 'depthwise'] as const) {
    it(`do so for dilated taps: ${kind}`, () => {
      for (const dilation of [2, 3, [1, 2], [3, 1]] as const) {
        for (const pad of ['same', 'valid', asymmetric] as const) {
          for (const taps of [2, 3, [1, 3]] as const) {
            const one = { taps, dilation, stride: 1, pad, filters: 2, depthwise: kind === 'depthwise' };
            withoutLeaks(() => check({ ...one, shape: [2, 9, 11, 3] }));
          }
        }
      }
    });
  }
});
