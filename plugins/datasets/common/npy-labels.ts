import { badValue, type Raster, type RgbImage, type Size } from '../../../core/index.js';
import { fit } from './fit.js';
import { asRaster, type NpyArray } from './npy.js';

/** How far a picture's numbers may lie outside of 0–1: rounding, and the overshoot of smooth resizing. */
const tolerance = 0.01;

/**
 * A picture of numbers from 0 to 1, or of bytes.
 * @param array (height, width, 3)
 * @throws MtlError `SAMPLE_INVALID`
 */
export function imageFromNpy(array: NpyArray, file: string): RgbImage {
  const { height, width, data: stored } = asRaster(array, 3, file);
  if (array.type === 'u1') return { height, width, channels: 3, data: Uint8Array.from(stored) };
  const data = new Uint8Array(stored.length);
  for (let at = 0; at < data.length; at++) {
    const value = stored[at]!;
    // Written so that NaN fails, too.
    if (!(value >= -tolerance && value <= 1 + tolerance)) {
      throw badValue('SAMPLE_INVALID', {
        what: file,
        expected: 'a picture of numbers from 0 to 1, or of bytes (uint8)',
        found: String(value),
        fix: 'divide by 255 before saving, or save as uint8',
      });
    }
    data[at] = Math.round(255 * Math.min(Math.max(value, 0), 1));
  }
  return { height, width, channels: 3, data };
}

/** The picture as numbers from 0 to 1, which `imageFromNpy` reads back exactly. */
export function imageToNpy({ height, width, data }: RgbImage): NpyArray {
  return { type: 'f4', shape: [height, width, 3], data: Float32Array.from(data, (value) => value / 255) };
}

/**
 * Depth or its inverse; 0 and less is no label.
 * @param array (height, width) or (height, width, 1)
 * @throws MtlError `SAMPLE_INVALID` where it is not finite
 */
export function depthFromNpy(array: NpyArray, file: string, size: Size): Raster<Float32Array> {
  const stored = fit(asRaster(array, 1, file), size);
  return { ...stored, data: finite(stored.data, file, (value) => Math.max(value, 0)) };
}

/**
 * Directions; those shorter than 0.1 are no label, others not of length 1 (resized ones) are made so.
 * @param array (height, width, 3)
 * @param signs what x, y and z are multiplied by, where the files count an axis the other way
 * @throws MtlError `SAMPLE_INVALID` where it is not finite
 */
export function normalsFromNpy(
  array: NpyArray,
  file: string,
  size: Size,
  signs: readonly number[],
): Raster<Float32Array> {
  const stored = fit(asRaster(array, 3, file), size);
  const data = finite(stored.data, file, (value) => value);
  for (let at = 0; at < data.length; at += 3) {
    const length = Math.hypot(data[at]!, data[at + 1]!, data[at + 2]!);
    // Unit vectors stay as they are, to the bit.
    const scale = length < 0.1 ? 0 : Math.abs(length - 1) < 1e-3 ? 1 : 1 / length;
    // + 0 makes no −0 of a component that is 0.
    for (let axis = 0; axis < 3; axis++) data[at + axis] = data[at + axis]! * scale * signs[axis]! + 0;
  }
  return { ...stored, data };
}

function finite(data: Raster['data'], file: string, convert: (value: number) => number): Float32Array {
  return Float32Array.from(data, (value) => {
    if (Number.isFinite(value)) return convert(value);
    throw badValue('SAMPLE_INVALID', {
      what: file,
      expected: 'finite numbers',
      found: String(value),
      fix: 'write 0 where there is no label',
    });
  });
}
