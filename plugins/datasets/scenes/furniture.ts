import type { Random } from '../../../core/index.js';
import { classIds } from './classes.js';
import { commonMaterial, type Material } from './materials.js';
import { primitive, type Body, type Place, type Primitive } from './primitives.js';
import type { Street, StreetSide } from './street.js';

/** What stands along the kerbs and on open plots: trees, hedges, lamps, signs, traffic lights, bollards. */
export function createFurniture(random: Random, street: Street): Primitive[][] {
  return street.sides.flatMap((side) => [...kerb(random, street, side), ...greenery(random, side)]);
}

function kerb(
  random: Random,
  { road, crossing, gap, end }: Street,
  { sign, trees }: StreetSide,
): Primitive[][] {
  const row: Primitive[][] = [];
  const x = sign * (road + 0.45);
  for (let z = random.uniform(-6, 4); z < Math.min(90, end); z += random.uniform(2.5, 8)) {
    if (gap > 0 && z > crossing - 1 && z < crossing + gap + 1) continue;
    const place = { x, z, heading: random.uniform(-0.15, 0.15) };
    if (random.uniform() < trees) row.push(tree(random, place, random.uniform(3, 9)));
    else if (random.uniform() < 0.75) row.push(post(random, place, -sign));
  }
  return row;
}

/** Trees and hedges on the plots without a building. */
function greenery(random: Random, { sign, front, plots }: StreetSide): Primitive[][] {
  const row: Primitive[][] = [];
  for (const plot of plots) {
    for (let z = plot.z + 1; !plot.built && z < plot.z + plot.width - 1; z += random.uniform(2.5, 9)) {
      const place = { x: sign * (front + random.uniform(0.6, 6)), z, heading: random.uniform(0, 3) };
      row.push(random.uniform() < 0.25 ? hedge(random, place) : tree(random, place, random.uniform(4, 12)));
    }
  }
  return row;
}

function tree(random: Random, place: Place, height: number): Primitive[] {
  const bark = commonMaterial(random);
  const leaves = { ...commonMaterial(random), pattern: 'patches' } as const;
  const trunk = height * random.uniform(0.25, 0.45);
  const radius = height * random.uniform(0.14, 0.28);
  const part = (shape: Body['shape'], at: Body['at'], half: Body['half'], material: Material): Primitive =>
    primitive(place, { shape, at, half, leafy: shape === 'ellipsoid' }, classIds.tree, material);
  const stem = 0.02 * height + 0.04;
  const parts = [part('cylinder', [0, trunk * 0.6, 0], [stem, trunk * 0.6, stem], bark)];
  const crowns = 1 + random.integer(3);
  for (let crown = 0; crown < crowns; crown++) {
    const offset = crowns === 1 ? 0 : radius * 0.6;
    const size = crowns === 1 ? 1 : random.uniform(0.6, 0.9);
    const rise = (height - trunk) / 2;
    const y = trunk * 0.85 + rise + (crowns === 1 ? 0 : random.uniform(-0.4, 0.4) * rise);
    const at = [random.uniform(-offset, offset), y, random.uniform(-offset, offset)] as const;
    parts.push(part('ellipsoid', at, [radius * size, rise * size, radius * size], leaves));
  }
  return parts;
}

function hedge(random: Random, place: Place): Primitive[] {
  const half = [random.uniform(0.6, 1.2), random.uniform(0.5, 1.1), random.uniform(0.8, 3)] as const;
  const body = { shape: 'ellipsoid', at: [0, half[1] * 0.7, 0], half, leafy: true } as const;
  return [primitive(place, body, classIds.tree, commonMaterial(random))];
}

/** A lamp, sign, traffic light or bollard. @param inward direction of the road in x, −1 or 1 */
function post(random: Random, place: Place, inward: number): Primitive[] {
  const kind = random.uniform();
  const [metal, face] = [commonMaterial(random), commonMaterial(random)];
  const part = (shape: Body['shape'], at: Body['at'], half: Body['half'], material = metal): Primitive =>
    primitive(place, { shape, at, half }, classIds.object, material);
  const pole = (height: number, radius: number): Primitive =>
    part('cylinder', [0, height / 2, 0], [radius, height / 2, radius]);
  if (kind < 0.3) {
    const [height, reach] = [random.uniform(4.5, 8.5), random.uniform(0.5, 2)];
    return [
      pole(height, random.uniform(0.07, 0.13)),
      part('box', [(inward * reach) / 2, height, 0], [reach / 2, 0.06, 0.06]),
      part('box', [inward * reach, height - 0.05, 0], [0.35, 0.1, 0.16], face),
    ];
  }
  if (kind < 0.65) {
    const [height, size] = [random.uniform(2.2, 3.4), random.uniform(0.3, 0.5)];
    const plate = random.uniform() < 0.5 ? 'box' : 'ellipsoid';
    return [
      pole(height, 0.05),
      part(plate, [0, height - size, -0.08], [size, size * random.uniform(0.7, 1.3), 0.04], face),
    ];
  }
  if (kind < 0.85) {
    const height = random.uniform(2.6, 4.2);
    return [pole(height, 0.07), part('box', [0, height - 0.4, -0.1], [0.19, 0.5, 0.17], face)];
  }
  const height = random.uniform(0.7, 1.1);
  return [pole(height, random.uniform(0.09, 0.18))];
}
