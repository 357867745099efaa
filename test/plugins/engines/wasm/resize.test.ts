import * as tf from '@tensorflow/tfjs';
import { expectClose, expectLinearGradient, startWasm, uniform, withoutLeaks } from './reference.js';

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

/** The weights of the inputs in each output of one axis: [output][input]. */
function weights(input: number, output: number, { align, half }: Corners): number[][] {
  const scale = align && output > 1 ? (input - 1) / (output - 1) : input / output;
  return Array.from({ length: output }, (_, index) => {
    const place = Math.min(input - 1, Math.max(0, half ? (index + 0.5) * scale - 0.5 : index * scale));
    return Array.from({ length: input }, (_, other) => Math.max(0, 1 - Math.abs(place - other)));
  });
}

function wantedBilinear(
  from: Size,
  to: Size,
  corners: Corners,
  dy: Float32Array,
  channels: number,
  batch: number,
): Float64Array {
  const rows = weights(from[0], to[0], corners);
  const columns = weights(from[1], to[1], corners);
  const wanted = new Float64Array(batch * from[0] * from[1] * channels);
  for (let b = 0; b < batch; b++)
    rows.forEach((row, oy) =>
      columns.forEach((column, ox) =>
        row.forEach((down, y) =>
          column.forEach((across, x) => {
            for (let c = 0; c < channels; c++) {
              const at = ((b * from[0] + y) * from[1] + x) * channels + c;
              const upper = dy[((b * to[0] + oy) * to[1] + ox) * channels + c] ?? NaN;
              wanted[at] = (wanted[at] ?? NaN) + down * across * upper;
            }
          }),
        ),
      ),
    );
  return wanted;
}

const sizes: readonly (readonly [from: Size, to: Size])[] = [
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
  [
    [3, 5],
    [3, 5],
  ],
];

describe('the wasm engine’s resize gradients', () => {
  before(startWasm);

  for (const corners of conventions) {
    for (const [from, to] of sizes) {
      it(`${corners.name}, ${from.join(' × ')} to ${to.join(' × ')}`, () => {
        withoutLeaks(() => {
          const [batch, channels] = [2, 3];
          const x = uniform([batch, ...from, channels], 1);
          const dy = uniform([batch, ...to, channels], 2);
          const bilinear = (x: tf.Tensor): tf.Tensor =>
            tf.image.resizeBilinear(x as tf.Tensor4D, to, corners.align, corners.half);
          const dx = tf.grad(bilinear)(x, dy);
          expectLinearGradient(bilinear, x, dx, dy);
          expectClose(dx, wantedBilinear(from, to, corners, dy.dataSync<'float32'>(), channels, batch));

          const nearest = (x: tf.Tensor): tf.Tensor =>
            tf.image.resizeNearestNeighbor(x as tf.Tensor4D, to, corners.align, corners.half);
          expectLinearGradient(nearest, x, tf.grad(nearest)(x, dy), dy);
        });
      });
    }
  }
});
