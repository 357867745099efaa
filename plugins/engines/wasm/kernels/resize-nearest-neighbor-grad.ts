import type * as tf from '@tensorflow/tfjs';
import { floats, input, wasmKernel, zeros } from './heap.js';

interface Attrs {
  /** Corner pixels keep their place. */
  readonly alignCorners: boolean;
  /** Pixels are areas whose centres lie at .5. Without both, left edges of pixels keep their place. */
  readonly halfPixelCenters: boolean;
}

/** The gradient of a nearest-neighbour resize: every output's goes to the one input that it was copied from. */
export const resizeNearestNeighborGrad = wasmKernel<Attrs>('ResizeNearestNeighborGrad', (inputs, attrs) => {
  const images = input<tf.Rank.R4>(inputs, 'images');
  const dy = input<tf.Rank.R4>(inputs, 'dy');
  const [batch, height, width, channels] = images.shape;
  const [, outputHeight, outputWidth] = dy.shape;
  const rows = nearest(height, outputHeight, attrs);
  const columns = nearest(width, outputWidth, attrs);
  const dx = zeros(images.shape);
  const [upper, target] = [floats(dy), floats(dx)];
  let from = 0;
  for (let image = 0; image < batch; image++) {
    for (const row of rows) {
      for (const column of columns) {
        const to = ((image * height + row) * width + column) * channels;
        for (let c = 0; c < channels; c++, from++)
          target[to + c] = (target[to + c] as number) + (upper[from] as number);
      }
    }
  }
  return dx;
});

/** The input that each output is copied from, in single precision as the forward kernel finds it. */
function nearest(input: number, output: number, { alignCorners, halfPixelCenters }: Attrs): number[] {
  const aligned = alignCorners && output > 1;
  const scale = Math.fround(aligned ? (input - 1) / (output - 1) : input / output);
  return Array.from({ length: output }, (_, index) => {
    const place = Math.fround((halfPixelCenters ? index + 0.5 : index) * scale);
    return Math.min(input - 1, alignCorners ? Math.round(place) : Math.floor(place));
  });
}
