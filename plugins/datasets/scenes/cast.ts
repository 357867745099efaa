import { focalPixels, type Camera } from './camera.js';
import { noise } from './noise.js';
import { localCoordinate, type Primitive, type Vector } from './primitives.js';
import type { Scene } from './scene.js';
import type { Surfaces, Window } from './surfaces.js';

/** Enters a body into the surfaces wherever it is nearer than what is there. */
export function castBody({ camera, primitives }: Scene, surfaces: Surfaces, window: Window): void {
  const body = primitives[window.index]!;
  if (body.shape === 'box') castBox(body, camera, surfaces, window);
  else if (body.shape === 'ellipsoid') castEllipsoid(body, camera, surfaces, window);
  else castCylinder(body, camera, surfaces, window);
}

/** A box is met where the ray has entered all of its half-spaces and left none. */
function castBox({ planes }: Primitive, camera: Camera, surfaces: Surfaces, window: Window): void {
  const { width, height, depth, body, face } = surfaces;
  const focal = focalPixels(camera, surfaces);
  const room = new Float64Array(6);
  const across = new Float64Array(6);
  const row = new Float64Array(6);
  for (let k = 0; k < 6; k++) {
    room[k] = planes[k * 4 + 3]! - dot(planes, k * 4, camera.position);
    across[k] = dot(planes, k * 4, camera.right);
  }
  for (let y = window.top; y < window.bottom; y++) {
    const v = (y + 0.5 - height / 2) / focal;
    for (let k = 0; k < 6; k++)
      row[k] = dot(planes, k * 4, camera.forward) + v * dot(planes, k * 4, camera.down);
    for (let x = window.left; x < window.right; x++) {
      const pixel = y * width + x;
      const farthest = depth[pixel]!;
      if (farthest <= window.near) continue;
      const u = (x + 0.5 - width / 2) / focal;
      let enter = 0;
      let leave = farthest;
      let entered = 0;
      for (let k = 0; k < 6; k++) {
        const slope = row[k]! + u * across[k]!;
        const space = room[k]!;
        if (space < 0) {
          // Outside this face: the ray must come in through it.
          if (slope >= 0) {
            leave = -1;
            break;
          }
          const t = space / slope;
          if (t > enter) {
            enter = t;
            entered = k;
          }
        } else if (slope > 0 && space < leave * slope) leave = space / slope;
      }
      if (enter <= 0 || enter >= leave) continue;
      depth[pixel] = enter;
      body[pixel] = window.index;
      face[pixel] = entered;
    }
  }
}

/** |o + t·d| = 1 in local coordinates; the nearer root. */
function castEllipsoid(target: Primitive, camera: Camera, surfaces: Surfaces, window: Window): void {
  const { width, height, depth, body, face } = surfaces;
  const focal = focalPixels(camera, surfaces);
  const [ox, oy, oz] = localPoint(target, camera.position);
  const c = ox * ox + oy * oy + oz * oz - 1;
  const [rx, ry, rz] = localDirection(target, camera.right);
  const [dx, dy, dz] = localDirection(target, camera.down);
  const [fx, fy, fz] = localDirection(target, camera.forward);
  for (let y = window.top; y < window.bottom; y++) {
    const v = (y + 0.5 - height / 2) / focal;
    for (let x = window.left; x < window.right; x++) {
      const pixel = y * width + x;
      if (depth[pixel]! <= window.near) continue;
      const u = (x + 0.5 - width / 2) / focal;
      const lx = fx + u * rx + v * dx;
      const ly = fy + u * ry + v * dy;
      const lz = fz + u * rz + v * dz;
      const a = lx * lx + ly * ly + lz * lz;
      const b = ox * lx + oy * ly + oz * lz;
      const discriminant = b * b - a * c;
      if (discriminant <= 0 || b >= 0) continue;
      const t = (-b - Math.sqrt(discriminant)) / a;
      if (t <= 0 || t >= depth[pixel]!) continue;
      if (target.leafy && isGap(target, discriminant / a, ox + t * lx, oy + t * ly, oz + t * lz)) continue;
      depth[pixel] = t;
      body[pixel] = window.index;
      face[pixel] = 0;
    }
  }
}

/**
 * Whether a ray slips between the leaves: likely at the rim of a crown, which makes its outline ragged.
 * @param inside 0 where the ray touches the rim, 1 where it passes through the middle
 */
function isGap({ half }: Primitive, inside: number, x: number, y: number, z: number): boolean {
  return (
    inside < 0.55 && noise(11 * (x * half[0] + 0.7 * z * half[2]), 11 * y * half[1]) > 0.32 + 0.9 * inside
  );
}

/** An upright cylinder with flat ends, in local coordinates x² + z² ≤ 1, |y| ≤ 1. */
function castCylinder(target: Primitive, camera: Camera, surfaces: Surfaces, window: Window): void {
  const { width, height, depth, body, face } = surfaces;
  const focal = focalPixels(camera, surfaces);
  const [ox, oy, oz] = localPoint(target, camera.position);
  const c = ox * ox + oz * oz - 1;
  const [rx, ry, rz] = localDirection(target, camera.right);
  const [dx, dy, dz] = localDirection(target, camera.down);
  const [fx, fy, fz] = localDirection(target, camera.forward);
  for (let y = window.top; y < window.bottom; y++) {
    const v = (y + 0.5 - height / 2) / focal;
    for (let x = window.left; x < window.right; x++) {
      const pixel = y * width + x;
      if (depth[pixel]! <= window.near) continue;
      const u = (x + 0.5 - width / 2) / focal;
      const ly = fy + u * ry + v * dy;
      const t = cylinderHit(ox, oy, oz, fx + u * rx + v * dx, ly, fz + u * rz + v * dz, c);
      if (t <= 0 || t >= depth[pixel]!) continue;
      depth[pixel] = t;
      body[pixel] = window.index;
      // Through an end where the ray meets the plane of that end there.
      const end = oy > 1 ? (1 - oy) / ly : oy < -1 ? (-1 - oy) / ly : -1;
      face[pixel] = t === end ? (oy > 1 ? 1 : 2) : 0;
    }
  }
}

/** Where a ray o + t·d enters the unit cylinder, 0 where it does not. @param c ox² + oz² − 1 */
export function cylinderHit(
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
  c: number,
): number {
  if ((oy > 1 && dy < 0) || (oy < -1 && dy > 0)) {
    const t = ((oy > 1 ? 1 : -1) - oy) / dy;
    const x = ox + t * dx;
    const z = oz + t * dz;
    if (x * x + z * z <= 1) return t;
  }
  const a = dx * dx + dz * dz;
  const b = ox * dx + oz * dz;
  const discriminant = b * b - a * c;
  if (c <= 0 || discriminant <= 0 || b >= 0) return 0;
  const t = (-b - Math.sqrt(discriminant)) / a;
  return Math.abs(oy + t * dy) <= 1 ? t : 0;
}

function dot(values: Float64Array, at: number, [x, y, z]: Vector): number {
  return values[at]! * x + values[at + 1]! * y + values[at + 2]! * z;
}

function localPoint(body: Primitive, [x, y, z]: Vector): Vector {
  return [
    localCoordinate(body, 0, x, y, z),
    localCoordinate(body, 1, x, y, z),
    localCoordinate(body, 2, x, y, z),
  ];
}

function localDirection({ toLocal }: Primitive, direction: Vector): Vector {
  return [dot(toLocal, 0, direction), dot(toLocal, 4, direction), dot(toLocal, 8, direction)];
}
