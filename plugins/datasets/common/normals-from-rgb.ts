import type { Raster } from '../../../core/index.js';

/**
 * n = 2·p/255 − 1, normalised; zero where p is a usual mark of no direction: (0, 0, 0), or (128, 128, 128) and its
 * neighbours, whose n has no length worth a direction.
 */
export function normalsFromRgb(colors: Raster<Uint8Array>): Raster<Float32Array> {
  const data = new Float32Array(colors.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [r, g, b] = [colors.data[at]!, colors.data[at + 1]!, colors.data[at + 2]!];
    if (r === 0 && g === 0 && b === 0) continue;
    const [x, y, z] = [(2 * r) / 255 - 1, (2 * g) / 255 - 1, (2 * b) / 255 - 1];
    const length = Math.hypot(x, y, z);
    if (length < 0.1) continue;
    data[at] = x / length;
    data[at + 1] = y / length;
    data[at + 2] = z / length;
  }
  return { ...colors, data };
}

/**
 * The colours that `normalsFromRgb` reads back, each component at most 1/255 off before it is made a unit again: the
 * direction at most 0.4°. No direction is (0, 0, 0).
 */
export function normalsToRgb(normals: Raster): Raster<Uint8Array> {
  const data = new Uint8Array(normals.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [x, y, z] = [normals.data[at]!, normals.data[at + 1]!, normals.data[at + 2]!];
    if (x === 0 && y === 0 && z === 0) continue;
    data[at] = Math.round(((x + 1) * 255) / 2);
    data[at + 1] = Math.round(((y + 1) * 255) / 2);
    data[at + 2] = Math.round(((z + 1) * 255) / 2);
  }
  return { ...normals, data };
}
