/** Padding an image so that a kernel which knows only `valid` reads what was asked for. */
import * as tf from '@tensorflow/tfjs';
import type { WindowGrid } from '../../common/window-padding.js';

/** Whether the backend itself has no such padding. */
export function isPaddedByNumbers({ padding }: WindowGrid): boolean {
  return padding === 'NUMBER' || padding === 'EXPLICIT';
}

/** How many rows and columns to add: [before, after] for each axis. */
function paddings({ rows, columns }: WindowGrid): [number, number][] {
  return [
    [0, 0],
    [rows.before, Math.max(0, rows.after)],
    [columns.before, Math.max(0, columns.after)],
    [0, 0],
  ];
}

/** @param value of the padding */
export function padImage(image: tf.Tensor, grid: WindowGrid, value = 0): tf.Tensor {
  return tf.pad(image, paddings(grid), value);
}

export function paddedShape(shape: readonly number[], grid: WindowGrid): number[] {
  const added = paddings(grid);
  return shape.map((extent, axis) => extent + (added[axis]?.[0] ?? 0) + (added[axis]?.[1] ?? 0));
}

/** The image without its padding. */
export function cropImage(padded: tf.Tensor, shape: readonly number[], grid: WindowGrid): tf.Tensor {
  return tf.slice(
    padded,
    paddings(grid).map(([before]) => before),
    [...shape],
  );
}
