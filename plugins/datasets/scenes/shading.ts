import { Random, type RgbImage } from '../../../core/index.js';
import { focalPixels } from './camera.js';
import { grainFactor, secondShare, type Material } from './materials.js';
import { noise } from './noise.js';
import { localCoordinate, normalAt, type Primitive } from './primitives.js';
import type { Ground, Scene } from './scene.js';
import { Shadows } from './shadows.js';
import { groundId, skyId, type Surfaces } from './surfaces.js';

/** Standard normal numbers, drawn from by a cheap generator of positions: three per pixel would be dear. */
const gaussian = makeGaussian();

/** The picture: each surface's colour under sun, sky and shadow, seen through the air by a camera's sensor. */
export function shadeImage(scene: Scene, surfaces: Surfaces): RgbImage {
  const { height, width } = surfaces;
  const { position, right, down, forward } = scene.camera;
  const focal = focalPixels(scene.camera, surfaces);
  const painter = new Painter(scene, focal);
  const { light } = scene;
  const color = painter.color;
  const data = new Uint8Array(height * width * 3);
  const corner = (height * height + width * width) / (4 * focal * focal);
  let state = light.noiseSeed;
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5 - height / 2) / focal;
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const u = (x + 0.5 - width / 2) / focal;
      const dx = forward[0] + u * right[0] + v * down[0];
      const dy = forward[1] + u * right[1] + v * down[1];
      const dz = forward[2] + u * right[2] + v * down[2];
      const stretch = Math.sqrt(1 + u * u + v * v);
      const id = surfaces.body[pixel]!;
      if (id === skyId) painter.sky(dx / stretch, dy / stretch, dz / stretch);
      else {
        const t = surfaces.depth[pixel]!;
        painter.surface(
          id,
          surfaces.face[pixel]!,
          position[0] + t * dx,
          position[1] + t * dy,
          position[2] + t * dz,
          t,
        );
        painter.fog(t * stretch);
      }
      const gain = 1 - (light.vignette * (u * u + v * v)) / corner;
      for (let k = 0; k < 3; k++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        const grain = gaussian[state >>> 20]! * light.sensorNoise;
        // A display's gamma, taken as 2.
        const value = 255 * Math.sqrt(gain * color[k]!) + grain + 0.5;
        data[pixel * 3 + k] = value <= 0 ? 0 : value >= 255 ? 255 : value;
      }
    }
  }
  return { height, width, channels: 3, data };
}

/** Finds colours one point at a time, each left in `color` (linear light, exposed), so that nothing is allocated. */
class Painter {
  readonly color = new Float64Array(3);
  private readonly normal = new Float64Array(3);
  private readonly shadows: Shadows;

  constructor(
    private readonly scene: Scene,
    /** In pixels. */
    private readonly focal: number,
  ) {
    this.shadows = new Shadows(scene.primitives, scene.light.sun);
  }

  /** @param x, y, z unit direction of view */
  sky(x: number, y: number, z: number): void {
    const { color } = this;
    const { zenith, horizon, clouds, cover, cloudShift } = this.scene.light;
    const height = Math.max(0, y);
    const up = Math.min(1, 1.6 * height);
    // Clouds lie on a plane overhead, hence the division; they thin out towards the horizon.
    const far = 5 / (height + 0.12);
    const cloud = noise(x * far + cloudShift, z * far) + cover - 0.95;
    const share = Math.min(1, Math.max(0, 3 * cloud)) * Math.min(1, 5 * height);
    for (let k = 0; k < 3; k++) {
      const clear = horizon[k]! + up * (zenith[k]! - horizon[k]!);
      color[k] = clear + share * (clouds[k]! - clear);
    }
  }

  /** A point of a body or of the ground. @param depth metres */
  surface(id: number, face: number, x: number, y: number, z: number, depth: number): void {
    const { normal, color } = this;
    const { sun, sunColor, ambient, exposure } = this.scene.light;
    const footprint = depth / this.focal;
    if (id === groundId) {
      normal[0] = normal[2] = 0;
      normal[1] = 1;
      this.paintGround(x, z, footprint);
    } else {
      const body = this.scene.primitives[id]!;
      normalAt(body, face, x, y, z, normal);
      this.paintBody(body, face, x, y, z, footprint);
      if (body.leafy) this.ruffle(x, y, z);
    }
    const facing = normal[0]! * sun[0] + normal[1]! * sun[1] + normal[2]! * sun[2];
    const direct = facing > 0 && !this.shadows.covers(x, y, z, id) ? facing : 0;
    const open = 0.62 + 0.38 * normal[1]!;
    for (let k = 0; k < 3; k++) color[k]! *= exposure * (direct * sunColor[k]! + open * ambient[k]!);
  }

  /** Light scattered into the view on the way. @param distance metres */
  fog(distance: number): void {
    const { color } = this;
    const { density, horizon } = this.scene.light;
    const kept = Math.exp(-density * distance);
    for (let k = 0; k < 3; k++) color[k] = horizon[k]! + kept * (color[k]! - horizon[k]!);
  }

  private paintGround(x: number, z: number, footprint: number): void {
    const { road, pavement, materials } = this.scene.ground;
    const off = Math.abs(x);
    const material = materials[off < road ? 0 : off < pavement ? 1 : 2];
    this.paint(isMarked(this.scene.ground, x, z) ? materials[3] : material, x, z, footprint);
  }

  /** Texture coordinates are metres on the surface, v from the foot upwards. */
  private paintBody(body: Primitive, face: number, x: number, y: number, z: number, footprint: number): void {
    const [hx, hy, hz] = body.half;
    const across = localCoordinate(body, 0, x, y, z) * hx;
    const along = localCoordinate(body, 2, x, y, z) * hz;
    const up = (localCoordinate(body, 1, x, y, z) + 1) * hy;
    if (body.shape !== 'box') this.paint(body.material, across + along, up, footprint);
    else if (face < 2) this.paint(body.material, along, up, footprint);
    else if (face < 4) this.paint(body.material, across, along, footprint);
    else this.paint(body.material, across, up, footprint);
  }

  private paint(material: Material, u: number, v: number, footprint: number): void {
    const { base, second } = material;
    const share = secondShare(material, u, v, footprint);
    const grain = grainFactor(material, u, v);
    for (let k = 0; k < 3; k++) this.color[k] = grain * (base[k]! + share * (second[k]! - base[k]!));
  }

  /** Turns the normal to and fro, for the light only, as leaves do. */
  private ruffle(x: number, y: number, z: number): void {
    const { normal } = this;
    normal[0]! += 1.3 * (noise(5 * x + 3 * z, 5 * y) - 0.5);
    normal[1]! += 1.3 * (noise(5 * z - 3 * x, 5 * y + 40) - 0.5);
    normal[2]! += 1.3 * (noise(5 * x - 3 * z + 80, 5 * y) - 0.5);
    const length = Math.hypot(normal[0]!, normal[1]!, normal[2]!);
    for (let k = 0; k < 3; k++) normal[k]! /= length;
  }
}

/** Whether paint lies on the road there: a dashed middle line, lines along the edges, a striped crossing. */
function isMarked({ road, dashes, crossing }: Ground, x: number, z: number): boolean {
  const off = Math.abs(x);
  if (off > road) return false;
  const away = crossing - z;
  if (away > 0.8 && away < 4) return x - Math.floor(x) < 0.5;
  if (dashes === 0) return false;
  const phase = z / dashes;
  return (off < 0.08 && phase - Math.floor(phase) < 0.5) || Math.abs(off - road + 2.2) < 0.06;
}

function makeGaussian(): Float32Array {
  const random = new Random(0, 'scenes', 'sensor noise');
  return Float32Array.from({ length: 4096 }, () => random.normal());
}
