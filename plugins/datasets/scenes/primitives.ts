import type { Material } from './materials.js';

/**
 * World coordinates: x to the right across the street, y up (0 = the ground), z along the street; metres.
 */
export type Vector = readonly [number, number, number];

/** A place on the ground, and a heading (0 along z, positive towards x). */
export interface Place {
  readonly x: number;
  readonly z: number;
  /** Radians. */
  readonly heading: number;
}

/** One convex body, given in the coordinates of its place (x right, y up, z along the heading). */
export interface Body {
  readonly shape: Primitive['shape'];
  readonly at: Vector;
  /** Half its extent along each axis. */
  readonly half: Vector;
  /** Radians by which its top leans towards z. */
  readonly tilt?: number;
  /** How much a box narrows towards its top in x and in z: 0 not at all, 1 to an edge. */
  readonly taper?: readonly [number, number];
  /** Whether its outline is ragged like foliage. */
  readonly leafy?: boolean;
}

/** A body in the world, ready for rays. */
export interface Primitive {
  readonly shape: 'box' | 'ellipsoid' | 'cylinder';
  readonly classId: number;
  readonly material: Material;
  readonly leafy: boolean;
  readonly half: Vector;
  /**
   * World to local, three rows of (x, y, z, shift): the body becomes the cube, ball or upright cylinder that spans
   * −1 to 1. A ray's parameter is the same in both.
   */
  readonly toLocal: Float64Array;
  /** Of a box: six half-spaces n·p ≤ c as (nx, ny, nz, c), n the unit outward normal; empty for round bodies. */
  readonly planes: Float64Array;
  /** Eight corners of a box around it, x, y, z each; corner i is on the + side of axis k where bit k of i is set. */
  readonly corners: Float64Array;
}

export function primitive(place: Place, body: Body, classId: number, material: Material): Primitive {
  const { shape, at, half, tilt = 0, taper = [0, 0], leafy = false } = body;
  const [sin, cos] = [Math.sin(place.heading), Math.cos(place.heading)];
  const [lean, stand] = [Math.sin(tilt), Math.cos(tilt)];
  const axes = [
    [cos, 0, -sin],
    [lean * sin, stand, lean * cos],
    [stand * sin, -lean, stand * cos],
  ] as const;
  const center: Vector = [place.x + at[0] * cos + at[2] * sin, at[1], place.z - at[0] * sin + at[2] * cos];
  const toLocal = take(12);
  axes.forEach((axis, row) => {
    const scale = 1 / half[row]!;
    for (let k = 0; k < 3; k++) toLocal[row * 4 + k] = axis[k]! * scale;
    toLocal[row * 4 + 3] = -scale * (axis[0] * center[0] + axis[1] * center[1] + axis[2] * center[2]);
  });
  const corners = take(24);
  for (let corner = 0; corner < 8; corner++) {
    for (let k = 0; k < 3; k++) {
      let value = center[k]!;
      for (let axis = 0; axis < 3; axis++)
        value += axes[axis]![k]! * half[axis]! * (corner & (1 << axis) ? 1 : -1);
      corners[corner * 3 + k] = value;
    }
  }
  const planes = shape === 'box' ? boxPlanes(toLocal, taper) : take(0);
  return { shape, classId, material, leafy, half, toLocal, planes, corners };
}

const chunkLength = 8192;
let chunk = new Float64Array(chunkLength);
let used = 0;

/** A zeroed array, as a view into a larger one: thousands of small buffers would keep the garbage collector busy. */
function take(length: number): Float64Array {
  if (used + length > chunkLength) {
    chunk = new Float64Array(chunkLength);
    used = 0;
  }
  used += length;
  return chunk.subarray(used - length, used);
}

/** Faces +x, −x, +y, −y, +z, −z. A tapered side is ±x + a·y ≤ 1 − a with a half the taper: 1 wide at y = −1. */
function boxPlanes(toLocal: Float64Array, taper: readonly [number, number]): Float64Array {
  const [a, b] = [taper[0] / 2, taper[1] / 2];
  const local = [
    [1, a, 0, 1 - a],
    [-1, a, 0, 1 - a],
    [0, 1, 0, 1],
    [0, -1, 0, 1],
    [0, b, 1, 1 - b],
    [0, b, -1, 1 - b],
  ] as const;
  const planes = take(24);
  local.forEach(([x, y, z, bound], face) => {
    const along = (column: number): number =>
      x * toLocal[column]! + y * toLocal[4 + column]! + z * toLocal[8 + column]!;
    const length = Math.hypot(along(0), along(1), along(2));
    planes.set(
      [along(0) / length, along(1) / length, along(2) / length, (bound - along(3)) / length],
      face * 4,
    );
  });
  return planes;
}

/** One local coordinate (0 = x, 1 = y, 2 = z) of a world point. */
export function localCoordinate(
  { toLocal }: Primitive,
  axis: number,
  x: number,
  y: number,
  z: number,
): number {
  const row = axis * 4;
  return toLocal[row]! * x + toLocal[row + 1]! * y + toLocal[row + 2]! * z + toLocal[row + 3]!;
}

/**
 * The unit outward normal at a point on the surface, in world coordinates.
 * @param face of a box as in `planes`; of a cylinder 0 = side, 1 = top, 2 = bottom; of an ellipsoid 0
 * @param out receives x, y, z
 */
export function normalAt(
  body: Primitive,
  face: number,
  x: number,
  y: number,
  z: number,
  out: Float64Array,
): void {
  const { shape, planes, toLocal } = body;
  if (shape === 'box') {
    for (let k = 0; k < 3; k++) out[k] = planes[face * 4 + k]!;
    return;
  }
  // The gradient of the local equation, carried to the world by the transposed matrix.
  const side = shape === 'ellipsoid' || face === 0;
  const gx = side ? localCoordinate(body, 0, x, y, z) : 0;
  const gy = shape === 'ellipsoid' ? localCoordinate(body, 1, x, y, z) : side ? 0 : face === 1 ? 1 : -1;
  const gz = side ? localCoordinate(body, 2, x, y, z) : 0;
  const nx = gx * toLocal[0]! + gy * toLocal[4]! + gz * toLocal[8]!;
  const ny = gx * toLocal[1]! + gy * toLocal[5]! + gz * toLocal[9]!;
  const nz = gx * toLocal[2]! + gy * toLocal[6]! + gz * toLocal[10]!;
  const inverse = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz);
  out[0] = nx * inverse;
  out[1] = ny * inverse;
  out[2] = nz * inverse;
}
