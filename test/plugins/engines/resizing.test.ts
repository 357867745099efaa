import * as tf from '@tensorflow/tfjs';
import { describeOnEach } from '../../engines.js';
import { expectClose, expectLinearGradient, resizes, uniform, withoutLeaks } from './reference.js';

type Size = [number, number];

interface Corners {
  readonly name: string;
  readonly align: boolean;
  readonly half: boolean;
}

const conventions: readonly Corners[] = [
  { name: 'aligned corners', align: true, half: false },
  { name: 'half-pixel centres', align: false, half: true },
  { name: 'left edges', align: false, half: false },
];

type Interpolation = 'bilinear' | 'nearest';

/** The weights of the inputs in each output of one axis: [output][input]. */
function weights(
  input: number,
  output: number,
  { align, half }: Corners,
  interpolation: Interpolation,
): number[][] {
  const scale = align && output > 1 ? (input - 1) / (output - 1) : input / output;
  return Array.from({ length: output }, (_, index) => {
    const clamped = (place: number): number => Math.min(input - 1, Math.max(0, place));
    if (interpolation === 'bilinear') {
      const place = clamped(half ? (index + 0.5) * scale - 0.5 : index * scale);
      return Array.from({ length: input }, (_, other) => Math.max(0, 1 - Math.abs(place - other)));
    }
    const place = clamped(
      align ? Math.round(index * scale) : Math.floor(half ? (index + 0.5) * scale : index * scale),
    );
    return Array.from({ length: input }, (_, other) => (other === place ? 1 : 0));
  });
}

interface Resizing {
  readonly from: Size;
  readonly to: Size;
  readonly corners: Corners;
  readonly interpolation: Interpolation;
}

/** The resized image and the gradient of the image, [2, …, 3]. */
function byLoops({ from, to, corners, interpolation }: Resizing, xs: Float32Array, dys: Float32Array) {
  const [rows, columns] = ([0, 1] as const).map((axis) =>
    weights(from[axis], to[axis], corners, interpolation),
  );
  const [y, dx] = [new Float64Array(dys.length), new Float64Array(xs.length)];
  for (let b = 0; b < 2; b++)
    rows!.forEach((row, oy) =>
      columns!.forEach((column, ox) =>
        row.forEach((down, iy) =>
          column.forEach((across, ix) => {
            for (let c = 0; c < 3; c++) {
              const at = ((b * from[0] + iy) * from[1] + ix) * 3 + c;
              const into = ((b * to[0] + oy) * to[1] + ox) * 3 + c;
              y[into]! += down * across * xs[at]!;
              dx[at]! += down * across * dys[into]!;
            }
          }),
        ),
      ),
    );
  return { y, dx };
}

const sizes: typeof resizes = [
  ...resizes,
  [
    [3, 5],
    [3, 5],
  ],
];

describeOnEach('resizing and its gradients', () => {
  for (const interpolation of ['bilinear', 'nearest'] as const) {
    for (const corners of conventions) {
      for (const [from, to] of sizes) {
        it(`${interpolation}, ${corners.name}, ${from.join(' × ')} to ${to.join(' × ')}`, () => {
          withoutLeaks(() => {
            const [x, dy] = [uniform([2, ...from, 3], 1), uniform([2, ...to, 3], 2)];
            const { align, half } = corners;
            const resize = (x: tf.Tensor): tf.Tensor =>
              interpolation === 'bilinear'
                ? tf.image.resizeBilinear(x as tf.Tensor4D, to, align, half)
                : tf.image.resizeNearestNeighbor(x as tf.Tensor4D, to, align, half);
            const dx = tf.grad(resize)(x, dy);
            const wanted = byLoops(
              { from, to, corners, interpolation },
              x.dataSync<'float32'>(),
              dy.dataSync<'float32'>(),
            );
            expectClose(resize(x), wanted.y);
            expectClose(dx, wanted.dx);
            expectLinearGradient(resize, x, dx, dy);
          });
        });
      }
    }
  }
});
