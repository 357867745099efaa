import type { Raster } from '../../../core/index.js';
import { focalPixels } from './camera.js';
import { classIds } from './classes.js';
import { normalAt } from './primitives.js';
import type { Scene } from './scene.js';
import { groundId, skyId, type Surfaces } from './surfaces.js';

/** The class of each pixel. */
export function segmentationOf({ primitives }: Scene, { height, width, body }: Surfaces): Raster<Uint8Array> {
  const data = new Uint8Array(height * width);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const id = body[pixel]!;
    data[pixel] = id >= 0 ? primitives[id]!.classId : id === groundId ? classIds.ground : classIds.sky;
  }
  return { height, width, channels: 1, data };
}

/** The scene's weather, for the whole image. */
export function weatherOf({ light }: Scene): Raster<Uint8Array> {
  return { height: 1, width: 1, channels: 1, data: Uint8Array.of(light.weather) };
}

/** The number of vehicles of which at least one pixel is seen, for the whole image. */
export function vehiclesOf({ primitives, objects }: Scene, { body }: Surfaces): Raster<Float32Array> {
  const seen = new Set<number>();
  for (const id of body) {
    if (id >= 0 && primitives[id]!.classId === classIds.vehicle) seen.add(objects[id]!);
  }
  return { height: 1, width: 1, channels: 1, data: Float32Array.of(seen.size) };
}

/**
 * Metres along the optical axis, or their inverse; 0 for the sky and beyond `maxDepth`.
 */
export function depthOf(
  { height, width, depth }: Surfaces,
  maxDepth: number,
  inverse: boolean,
): Raster<Float32Array> {
  const data = new Float32Array(height * width);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const metres = depth[pixel]!;
    if (metres <= maxDepth) data[pixel] = inverse ? 1 / metres : metres;
  }
  return { height, width, channels: 1, data };
}

/** Unit surface normals in camera coordinates (x right, y down, z away), towards the camera; zero for the sky. */
export function normalsOf({ camera, primitives }: Scene, surfaces: Surfaces): Raster<Float32Array> {
  const { height, width, depth, body, face } = surfaces;
  const { position, right, down, forward } = camera;
  const focal = focalPixels(camera, surfaces);
  const data = new Float32Array(height * width * 3);
  const normal = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5 - height / 2) / focal;
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const id = body[pixel]!;
      if (id === skyId) continue;
      if (id === groundId) {
        normal[0] = normal[2] = 0;
        normal[1] = 1;
      } else {
        const t = depth[pixel]!;
        const u = (x + 0.5 - width / 2) / focal;
        const px = position[0] + t * (forward[0] + u * right[0] + v * down[0]);
        const py = position[1] + t * (forward[1] + u * right[1] + v * down[1]);
        const pz = position[2] + t * (forward[2] + u * right[2] + v * down[2]);
        normalAt(primitives[id]!, face[pixel]!, px, py, pz, normal);
      }
      const nx = normal[0]!;
      const ny = normal[1]!;
      const nz = normal[2]!;
      data[pixel * 3] = nx * right[0] + ny * right[1] + nz * right[2];
      data[pixel * 3 + 1] = nx * down[0] + ny * down[1] + nz * down[2];
      data[pixel * 3 + 2] = nx * forward[0] + ny * forward[1] + nz * forward[2];
    }
  }
  return { height, width, channels: 3, data };
}
