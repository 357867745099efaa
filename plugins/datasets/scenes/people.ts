import type { Random } from '../../../core/index.js';
import { classIds } from './classes.js';
import { commonMaterial, type Material } from './materials.js';
import { primitive, type Body, type Primitive } from './primitives.js';
import type { Street } from './street.js';

/** People on the pavements and, fewer, on the road. */
export function createPeople(random: Random, { road, pavement, crossing }: Street): Primitive[][] {
  const people: Primitive[][] = [];
  const groups = 4 + random.integer(8);
  for (let group = 0; group < groups; group++) {
    const onRoad = random.uniform() < 0.3;
    const side = random.pick([-1, 1]);
    const x = onRoad ? random.uniform(-road, road) : side * random.uniform(road + 0.6, pavement);
    const z =
      onRoad && random.uniform() < 0.5 ? crossing - random.uniform(1, 4) : 3.5 + 30 * random.uniform() ** 1.7;
    const heading = onRoad ? random.pick([-1, 1]) * 1.57 : random.pick([0, Math.PI]);
    const members = random.pick([1, 1, 1, 2, 2, 3]);
    for (let member = 0; member < members; member++) {
      people.push(
        person(random, x + 0.65 * member, z + random.uniform(-0.4, 0.4), heading + 0.4 * random.normal()),
      );
    }
  }
  return people;
}

function person(random: Random, x: number, z: number, heading: number): Primitive[] {
  const height = random.uniform() < 0.15 ? random.uniform(1, 1.45) : random.uniform(1.52, 1.92);
  const build = height * random.uniform(0.11, 0.15);
  const stride = random.uniform(0, 0.45);
  const [shirt, trousers, skin] = [commonMaterial(random), commonMaterial(random), commonMaterial(random)];
  const swing = 0.24 * height * Math.sin(stride);
  const round = (
    at: Body['at'],
    half: Body['half'],
    material: Material,
    tilt = 0,
    shape: Body['shape'] = 'ellipsoid',
  ): Primitive => primitive({ x, z, heading }, { shape, at, half, tilt }, classIds.person, material);
  const parts = [
    round([0, 0.93 * height, 0], [0.055 * height, 0.07 * height, 0.06 * height], skin),
    round([0, 0.66 * height, 0], [build, 0.2 * height, build * 0.65], shirt),
  ];
  for (const side of [-1, 1]) {
    const leg = [0.05 * height, 0.25 * height, 0.055 * height] as const;
    parts.push(round([0.055 * height * side, 0.25 * height, -side * swing], leg, trousers, side * stride));
    const arm = [0.03 * height, 0.17 * height, 0.035 * height] as const;
    parts.push(
      round([side * (build + 0.01 * height), 0.64 * height, side * swing * 0.5], arm, shirt, -side * stride),
    );
  }
  if (random.uniform() < 0.25) {
    const bag = random.uniform(0.1, 0.16) * height;
    parts.push(
      round([0, 0.7 * height, -build], [bag, bag * 1.2, bag * 0.7], commonMaterial(random), 0, 'box'),
    );
  }
  return parts;
}
