import type { Random } from '../../../core/index.js';
import { createCamera, type Camera } from './camera.js';
import { createFurniture } from './furniture.js';
import { createLight, type Light } from './light.js';
import { commonMaterial, paletteColor, type Material, type Rgb } from './materials.js';
import { createPeople } from './people.js';
import { localCoordinate, type Primitive } from './primitives.js';
import { createBuildings, createStreet, type Street } from './street.js';
import { createTraffic } from './traffic.js';

/** Everything that a picture and its labels depend on, but for the size. */
export interface Scene {
  readonly camera: Camera;
  readonly light: Light;
  readonly ground: Ground;
  readonly primitives: readonly Primitive[];
  /** By primitive: the number of the object that it is part of, e.g. of the car. */
  readonly objects: readonly number[];
}

/** The plane y = 0: a road, a pavement along both of its sides, and what lies beyond. */
export interface Ground {
  /** Metres from the middle of the road to its edge, and to the outer edge of the pavement. */
  readonly road: number;
  readonly pavement: number;
  readonly materials: readonly [road: Material, pavement: Material, beyond: Material, marking: Material];
  /** Metres from one dash of the middle line to the next; 0 = no line. */
  readonly dashes: number;
  /** Where along the street a striped crossing begins. */
  readonly crossing: number;
}

/** Draws a scene. The order of the draws is part of the data set: changing it changes every image. */
export function createScene(random: Random): Scene {
  const street = createStreet(random);
  const camera = createCamera(random, cameraPlace(random, street));
  const light = createLight(random);
  const ground = createGround(random, street);
  const objects = [
    ...createBuildings(random, street),
    ...createTraffic(random, street),
    ...createFurniture(random, street),
    ...createPeople(random, street),
  ];
  const kept = objects.filter((parts) => parts.every((part) => isClear(part, camera)));
  return {
    camera,
    light,
    ground,
    primitives: kept.flat(),
    objects: kept.flatMap((parts, object) => parts.map(() => object)),
  };
}

/** In a lane like a car's camera, or now and then on the pavement. */
function cameraPlace(random: Random, { lane, road, pavement }: Street): number {
  const side = random.pick([-1, 1]);
  return random.uniform() < 0.25
    ? side * random.uniform(road + 0.5, (road + pavement) / 2)
    : side * lane + random.uniform(-0.6, 0.6);
}

function createGround(random: Random, { road, pavement, crossing }: Street): Ground {
  // Level ground catches more light than walls do; paint as much darker keeps its brightness from giving it away.
  const shade = random.uniform(0.4, 0.95);
  const darken = ([r, g, b]: Rgb): Rgb => [r * shade, g * shade, b * shade];
  const surface = (): Material => {
    const material = commonMaterial(random);
    return { ...material, base: darken(material.base), second: darken(material.second) };
  };
  return {
    road,
    pavement,
    materials: [
      { ...surface(), pattern: random.pick(['plain', 'patches', 'bricks'] as const) },
      surface(),
      surface(),
      { ...surface(), pattern: 'plain', base: paletteColor(random) },
    ],
    dashes: random.uniform() < 0.7 ? random.uniform(3, 9) : 0,
    crossing,
  };
}

/** Whether a body keeps away from the lens, which would otherwise see nothing else. */
function isClear(body: Primitive, { position: [x, y, z] }: Camera): boolean {
  let farthest = -Infinity;
  for (let axis = 0; axis < 3; axis++) {
    const outside = (Math.abs(localCoordinate(body, axis, x, y, z)) - 1) * body.half[axis]!;
    farthest = Math.max(farthest, outside);
  }
  return farthest > 1.3;
}
