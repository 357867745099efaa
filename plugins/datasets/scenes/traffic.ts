import type { Random } from '../../../core/index.js';
import { classIds } from './classes.js';
import { commonMaterial, type Material } from './materials.js';
import { primitive, type Body, type Place, type Primitive } from './primitives.js';
import type { Street } from './street.js';

/** Cars, vans, lorries and buses: parked along the kerbs, in both lanes, and across the side street. */
export function createTraffic(random: Random, street: Street): Primitive[][] {
  const vehicles: Primitive[][] = [];
  const end = Math.min(80, street.end - 10);
  for (const { sign, parked } of street.sides) {
    for (let z = random.uniform(-8, 4); z < end;) {
      const vehicle = random.uniform() < 0.8 ? car(random) : van(random);
      const { length } = vehicle;
      const inGap = street.gap > 0 && z + length > street.crossing && z < street.crossing + street.gap;
      if (!inGap && random.uniform() < parked) {
        const heading = (sign > 0 ? 0 : Math.PI) + 0.03 * random.normal();
        vehicles.push(put(vehicle, { x: sign * (street.road - 1.1), z: z + length / 2, heading }));
      }
      z += length + random.uniform(0.6, 2.5);
    }
    for (let z = random.uniform(7, 40); z < end; z += random.uniform(15, 50)) {
      const heading = (sign > 0 ? 0 : Math.PI) + 0.06 * random.normal();
      vehicles.push(put(anyVehicle(random), { x: sign * street.lane, z: z + 3, heading }));
    }
  }
  if (street.gap > 0 && random.uniform() < 0.6) {
    const heading = random.pick([-1, 1]) * (Math.PI / 2 + 0.1 * random.normal());
    const z = street.crossing + street.gap * random.uniform(0.3, 0.7);
    vehicles.push(put(anyVehicle(random), { x: random.uniform(-7, 7), z, heading }));
  }
  return vehicles;
}

interface Vehicle {
  readonly length: number;
  readonly parts: readonly (readonly [Body, Material])[];
}

function put({ parts }: Vehicle, place: Place): Primitive[] {
  return parts.map(([body, material]) => primitive(place, body, classIds.vehicle, material));
}

function anyVehicle(random: Random): Vehicle {
  const kind = random.uniform();
  if (kind < 0.65) return car(random);
  if (kind < 0.8) return van(random);
  return kind < 0.92 ? lorry(random) : bus(random);
}

function car(random: Random): Vehicle {
  const [length, width] = [random.uniform(3.6, 4.8), random.uniform(1.65, 1.9)];
  const [waist, height] = [random.uniform(0.85, 1), random.uniform(1.4, 1.7)];
  const estate = random.uniform() < 0.4;
  const { body, glass, wheel } = paints(random);
  const cabin = estate ? 0.38 : 0.29;
  const set = estate ? -0.1 : -0.04;
  const rise = (height - waist) / 2;
  const parts: Vehicle['parts'] = [
    [box([0, (waist + 0.25) / 2, 0], [width / 2, (waist - 0.25) / 2, length / 2], [0.06, 0.05]), body],
    [box([0, waist + rise, set * length], [width * 0.46, rise, cabin * length], [0.22, 0.38]), glass],
    [box([0, height, set * length], [width * 0.37, 0.04, cabin * length * 0.64]), body],
    ...wheels(width, length * 0.31, 0.32, wheel),
  ];
  return { length, parts };
}

function van(random: Random): Vehicle {
  const [length, width, height] = [
    random.uniform(4.8, 6),
    random.uniform(1.85, 2.05),
    random.uniform(1.9, 2.5),
  ];
  const { body, glass, wheel } = paints(random);
  const nose = length * 0.16;
  const hull = (height - 0.3) / 2;
  const parts: Vehicle['parts'] = [
    [box([0, hull + 0.3, -nose / 2], [width / 2, hull, (length - nose) / 2], [0.06, 0.08]), body],
    [box([0, 0.7, length / 2 - nose], [width / 2, 0.42, nose]), body],
    [box([0, height * 0.72, length * 0.16], [width * 0.505, height * 0.14, length * 0.16]), glass],
    ...wheels(width, length * 0.32, 0.35, wheel),
  ];
  return { length, parts };
}

function lorry(random: Random): Vehicle {
  const [length, width, height] = [
    random.uniform(6.5, 9),
    random.uniform(2.2, 2.5),
    random.uniform(2.8, 3.6),
  ];
  const { body, glass, wheel } = paints(random);
  const load = commonMaterial(random);
  const front = length / 2 - 0.9;
  const parts: Vehicle['parts'] = [
    [box([0, (height + 0.9) / 2, -1], [width / 2, (height - 0.9) / 2, length / 2 - 1]), load],
    [box([0, 1.35, front], [width * 0.47, 0.95, 0.9]), body],
    [box([0, 1.75, front + 0.05], [width * 0.475, 0.3, 0.9]), glass],
    [box([0, 0.7, 0], [width * 0.3, 0.2, length / 2 - 0.3]), body],
    ...wheels(width, length * 0.33, 0.48, wheel),
  ];
  return { length, parts };
}

function bus(random: Random): Vehicle {
  const [length, width, height] = [
    random.uniform(9, 12),
    random.uniform(2.4, 2.55),
    random.uniform(2.8, 3.2),
  ];
  const { body, glass, wheel } = paints(random);
  const parts: Vehicle['parts'] = [
    [box([0, (height + 0.35) / 2, 0], [width / 2, (height - 0.35) / 2, length / 2], [0.04, 0.01]), body],
    [box([0, height * 0.66, 0], [width * 0.505, height * 0.17, length * 0.502]), glass],
    ...wheels(width, length * 0.3, 0.48, wheel),
  ];
  return { length, parts };
}

function paints(random: Random): { body: Material; glass: Material; wheel: Material } {
  const plain = (): Material => ({
    ...commonMaterial(random),
    pattern: 'plain',
    grain: random.uniform(0.05, 0.4),
  });
  const body = random.uniform() < 0.25 ? commonMaterial(random) : plain();
  return { body, glass: plain(), wheel: plain() };
}

function box(at: Body['at'], half: Body['half'], taper: readonly [number, number] = [0, 0]): Body {
  return { shape: 'box', at, half, taper };
}

function wheels(width: number, axle: number, radius: number, material: Material): [Body, Material][] {
  return [-1, 1].flatMap((side) =>
    [-axle, axle].map((z): [Body, Material] => [
      { shape: 'ellipsoid', at: [side * (width / 2 - 0.08), radius, z], half: [0.14, radius, radius] },
      material,
    ]),
  );
}
