/** Gradients of image resizing for backends whose own are wrong somewhere: by matrix products, whatever the sizes. */
import * as tf from '@tensorflow/tfjs';
import { input } from './override-kernel.js';

export interface ResizeAttrs {
  /** Corner pixels keep their place. */
  readonly alignCorners: boolean;
  /** Pixels are areas whose centres lie at .5. Without both, left edges of pixels keep their place. */
  readonly halfPixelCenters: boolean;
}

/** How much of each input is in one output; all others count 0. */
type Weights = readonly (readonly [input: number, weight: number])[];

type Inputs = Readonly<Record<string, tf.Tensor>>;

/** Gradient of a bilinear resize. */
export function resizeBilinearGrad(inputs: Inputs, attrs: ResizeAttrs): tf.Tensor {
  return resizeGrad(inputs, (from, to, index) => {
    const place = Math.min(from - 1, Math.max(0, placeOf(index, from, to, attrs)));
    const lower = Math.floor(place);
    const weight = place - lower;
    return weight > 0
      ? [
          [lower, 1 - weight],
          [lower + 1, weight],
        ]
      : [[lower, 1]];
  });
}

/** Gradient of a nearest-neighbour resize, which finds the inputs in single precision. */
export function resizeNearestNeighborGrad(inputs: Inputs, attrs: ResizeAttrs): tf.Tensor {
  return resizeGrad(inputs, (from, to, index) => {
    const scale = Math.fround(scaleOf(from, to, attrs));
    const place = Math.fround((attrs.halfPixelCenters ? index + 0.5 : index) * scale);
    return [[Math.min(from - 1, attrs.alignCorners ? Math.round(place) : Math.floor(place)), 1]];
  });
}

function scaleOf(from: number, to: number, { alignCorners }: ResizeAttrs): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

function placeOf(index: number, from: number, to: number, attrs: ResizeAttrs): number {
  const scale = scaleOf(from, to, attrs);
  return attrs.halfPixelCenters ? (index + 0.5) * scale - 0.5 : index * scale;
}

/**
 * A resize weighs rows and columns apart, y = R x Cᵀ for each channel, and so does its gradient: dx = Rᵀ dy C.
 * @param weights of the output `index` of an axis with `from` inputs and `to` outputs
 */
function resizeGrad(
  inputs: Inputs,
  weights: (from: number, to: number, index: number) => Weights,
): tf.Tensor {
  const images = input<tf.Rank.R4>(inputs, 'images');
  const dy = input<tf.Rank.R4>(inputs, 'dy');
  const [batch, height, width, channels] = images.shape;
  const [, outputHeight, outputWidth] = dy.shape;
  const rows = matrix(height, outputHeight, weights);
  const columns = matrix(width, outputWidth, weights);
  const lines = tf.matMul(rows, dy.reshape<tf.Tensor3D>([batch, outputHeight, outputWidth * channels]));
  const pixels = tf.matMul(columns, lines.reshape<tf.Tensor3D>([batch * height, outputWidth, channels]));
  return pixels.reshape(images.shape);
}

/** The weights of an axis' outputs as columns: [1, from, to]. */
function matrix(
  from: number,
  to: number,
  weights: (from: number, to: number, index: number) => Weights,
): tf.Tensor3D {
  const values = new Float32Array(from * to);
  for (let index = 0; index < to; index++) {
    for (const [place, weight] of weights(from, to, index)) values[place * to + index] = weight;
  }
  return tf.tensor3d(values, [1, from, to]);
}
