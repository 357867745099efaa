import type { Size } from '../../../core/index.js';
import { focalPixels } from './camera.js';
import { castBody } from './cast.js';
import type { Primitive } from './primitives.js';
import type { Scene } from './scene.js';

/** In `body`, where no body is seen. */
export const skyId = -1;
export const groundId = -2;

/** What each pixel sees, row by row. */
export interface Surfaces extends Size {
  /** Metres along the optical axis; Infinity for the sky. */
  readonly depth: Float64Array;
  /** Index among the scene's primitives, or `skyId` or `groundId`. */
  readonly body: Int16Array;
  /** Which face of it; see `normalAt`. */
  readonly face: Uint8Array;
}

/**
 * Casts one ray through the middle of each pixel. A ray is forward + u·right + v·down with u, v the image-plane
 * coordinates, so that its parameter is the depth along the optical axis. Bodies are met one after the other, from
 * near to far, each only by the pixels of the rectangle that it projects into.
 */
export function findSurfaces(scene: Scene, size: Size): Surfaces {
  const { height, width } = size;
  const surfaces: Surfaces = {
    height,
    width,
    depth: new Float64Array(height * width).fill(Infinity),
    body: new Int16Array(height * width).fill(skyId),
    face: new Uint8Array(height * width),
  };
  castGround(scene, surfaces);
  const windows = scene.primitives.map((body, index) => projectBounds(scene, size, body, index));
  for (const window of windows.filter((each) => each !== undefined).sort((a, b) => a.near - b.near)) {
    castBody(scene, surfaces, window);
  }
  return surfaces;
}

function castGround({ camera }: Scene, { height, width, depth, body }: Surfaces): void {
  const focal = focalPixels(camera, { height, width });
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5 - height / 2) / focal;
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5 - width / 2) / focal;
      const slope = camera.forward[1] + u * camera.right[1] + v * camera.down[1];
      if (slope >= 0) continue;
      depth[y * width + x] = -camera.position[1] / slope;
      body[y * width + x] = groundId;
    }
  }
}

/** The pixels (end exclusive) that a body can cover, and the least depth that it can have. */
export interface Window {
  readonly index: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly near: number;
}

/** Bounds nearer than this, in metres, are cut off at it before they are projected. */
const nearest = 0.05;

function projectBounds(
  { camera }: Scene,
  size: Size,
  { corners }: Primitive,
  index: number,
): Window | undefined {
  const { position, right, down, forward } = camera;
  const seen = new Float64Array(24);
  let near = Infinity;
  for (let corner = 0; corner < 24; corner += 3) {
    const x = corners[corner]! - position[0];
    const y = corners[corner + 1]! - position[1];
    const z = corners[corner + 2]! - position[2];
    seen[corner] = right[0] * x + right[1] * y + right[2] * z;
    seen[corner + 1] = down[0] * x + down[1] * y + down[2] * z;
    seen[corner + 2] = forward[0] * x + forward[1] * y + forward[2] * z;
    near = Math.min(near, seen[corner + 2]!);
  }
  const bounds = [Infinity, -Infinity, Infinity, -Infinity] as [number, number, number, number];
  const include = (x: number, y: number, z: number): void => {
    bounds[0] = Math.min(bounds[0], x / z);
    bounds[1] = Math.max(bounds[1], x / z);
    bounds[2] = Math.min(bounds[2], y / z);
    bounds[3] = Math.max(bounds[3], y / z);
  };
  for (let corner = 0; corner < 8; corner++) {
    const [x, y, z] = [seen[corner * 3]!, seen[corner * 3 + 1]!, seen[corner * 3 + 2]!];
    if (z >= nearest) include(x, y, z);
    for (let axis = 1; near < nearest && axis < 8; axis <<= 1) {
      const other = corner ^ axis;
      const otherZ = seen[other * 3 + 2]!;
      if (other < corner || z < nearest === otherZ < nearest) continue;
      const share = (nearest - z) / (otherZ - z);
      include(x + share * (seen[other * 3]! - x), y + share * (seen[other * 3 + 1]! - y), nearest);
    }
  }
  const focal = focalPixels(camera, size);
  const first = (value: number, side: number): number =>
    Math.max(0, Math.floor(value * focal + side / 2 - 0.5));
  const last = (value: number, side: number): number =>
    Math.min(side, Math.ceil(value * focal + side / 2 + 0.5));
  const window = {
    index,
    left: first(bounds[0], size.width),
    right: last(bounds[1], size.width),
    top: first(bounds[2], size.height),
    bottom: last(bounds[3], size.height),
    near,
  };
  return window.left < window.right && window.top < window.bottom ? window : undefined;
}
