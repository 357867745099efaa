import { Random, type Raster, type Size } from '../../../../core/index.js';
import { focalPixels, type Camera } from '../../../../plugins/datasets/scenes/camera.js';
import {
  localCoordinate,
  type Primitive,
  type Vector,
} from '../../../../plugins/datasets/scenes/primitives.js';
import { createScene, type Scene } from '../../../../plugins/datasets/scenes/scene.js';

/** Scene number `index` of a stream that no split uses. */
export function testScene(index: number): Scene {
  return createScene(new Random(0, 'scenes', 'laws', index));
}

/** A camera two metres up that looks along z. */
export const levelCamera: Camera = {
  position: [0, 2, 0],
  right: [1, 0, 0],
  down: [0, -1, 0],
  forward: [0, 0, 1],
  focal: 0.7,
};

/** The ray through a pixel's middle in camera coordinates; its z is 1. */
export function rayOf(camera: Camera, size: Size, pixel: number): Vector {
  const focal = focalPixels(camera, size);
  const x = pixel % size.width;
  const y = Math.floor(pixel / size.width);
  return [(x + 0.5 - size.width / 2) / focal, (y + 0.5 - size.height / 2) / focal, 1];
}

/** A camera-coordinate vector in the world. */
export function toWorld({ right, down, forward }: Camera, [x, y, z]: Vector): Vector {
  return along3((k) => x * right[k] + y * down[k] + z * forward[k]);
}

/** The point `t` along a pixel's ray, in the world. */
export function pointAt(camera: Camera, size: Size, pixel: number, t: number): Vector {
  const direction = toWorld(camera, rayOf(camera, size, pixel));
  return along3((k) => camera.position[k] + t * direction[k]);
}

/**
 * How deep a point lies in a body: above 0 inside, 0 on the surface, below 0 outside.
 * In metres for a box, in radii for the others.
 */
export function insideness(body: Primitive, [x, y, z]: Vector): number {
  if (body.shape === 'box') {
    let room = Infinity;
    for (let k = 0; k < 24; k += 4) {
      const [nx, ny, nz] = [body.planes[k]!, body.planes[k + 1]!, body.planes[k + 2]!];
      room = Math.min(room, body.planes[k + 3]! - nx * x - ny * y - nz * z);
    }
    return room;
  }
  const local = along3((axis) => localCoordinate(body, axis, x, y, z));
  if (body.shape === 'ellipsoid') return 1 - Math.hypot(...local);
  return Math.min(1 - Math.hypot(local[0], local[2]), 1 - Math.abs(local[1]));
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function minus(a: Vector, b: Vector): Vector {
  return along3((k) => a[k] - b[k]);
}

export function unit(a: Vector): Vector {
  const length = Math.hypot(...a);
  return along3((k) => a[k] / length);
}

/** The three numbers of a pixel. */
export function vectorAt({ data }: Raster, pixel: number): Vector {
  return along3((k) => data[pixel * 3 + k] ?? NaN);
}

export function along3(value: (k: 0 | 1 | 2) => number): Vector {
  return [value(0), value(1), value(2)];
}
