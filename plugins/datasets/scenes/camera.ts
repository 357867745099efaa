import type { Random, Size } from '../../../core/index.js';
import type { Vector } from './primitives.js';

/** A pinhole camera with square pixels and its principal point in the middle of the image. */
export interface Camera {
  readonly position: Vector;
  /** Unit axes in world coordinates: image x, image y, and the optical axis. */
  readonly right: Vector;
  readonly down: Vector;
  readonly forward: Vector;
  /** Focal length, as a share of the longer image side. */
  readonly focal: number;
}

const degree = Math.PI / 180;

/** A camera at about eye height, looking along the street, a little up or down and to one side. */
export function createCamera(random: Random, x: number): Camera {
  const turned = random.uniform() < 0.25 ? 32 : 10;
  const yaw = random.uniform(-turned, turned) * degree;
  const pitch = random.uniform(-6, 6) * degree;
  const roll = 1.2 * random.normal() * degree;
  const level: Vector = [Math.cos(yaw), 0, -Math.sin(yaw)];
  const [sin, cos] = [Math.sin(pitch), Math.cos(pitch)];
  const forward: Vector = [cos * Math.sin(yaw), -sin, cos * Math.cos(yaw)];
  const upright: Vector = [-sin * Math.sin(yaw), -cos, -sin * Math.cos(yaw)];
  const turn = (a: number, b: number): Vector => [
    a * level[0] + b * upright[0],
    a * level[1] + b * upright[1],
    a * level[2] + b * upright[2],
  ];
  return {
    position: [x, random.uniform(1.2, 2.2), 0],
    right: turn(Math.cos(roll), Math.sin(roll)),
    down: turn(-Math.sin(roll), Math.cos(roll)),
    forward,
    focal: random.uniform(0.55, 0.85),
  };
}

/** Focal length in pixels. */
export function focalPixels({ focal }: Camera, { height, width }: Size): number {
  return focal * Math.max(height, width);
}
