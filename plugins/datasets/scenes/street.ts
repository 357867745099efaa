import type { Random } from '../../../core/index.js';
import { classIds } from './classes.js';
import { commonMaterial, facadeMaterial } from './materials.js';
import { primitive, type Place, type Primitive } from './primitives.js';

/** How far along the street buildings stand, in metres: behind the camera they still cast shadows. */
const streetStart = -24;
const streetEnd = 120;

/** The plan that everything is placed by. Distances are metres from the middle of the road. */
export interface Street {
  readonly road: number;
  readonly lane: number;
  readonly pavement: number;
  /** Where a side street of `gap` metres crosses. */
  readonly crossing: number;
  readonly gap: number;
  /** Left and right. */
  readonly sides: readonly [StreetSide, StreetSide];
  /** Where buildings close the street off; Infinity where none do. */
  readonly end: number;
}

export interface StreetSide {
  /** −1 left, 1 right. */
  readonly sign: number;
  /** Where the fronts stand. */
  readonly front: number;
  /** Trees stand on the plots that are not built on. */
  readonly plots: readonly Plot[];
  /** Typical height of its buildings, in metres. */
  readonly height: number;
  /** Chance that a place along the kerb has a tree. */
  readonly trees: number;
  /** Chance that a parking place is taken. */
  readonly parked: number;
}

/** A stretch of the land along a side: where it starts along the street, and how long it is. */
export interface Plot {
  readonly z: number;
  readonly width: number;
  readonly built: boolean;
}

export function createStreet(random: Random): Street {
  const road = random.uniform(4.3, 7.5);
  const pavement = road + random.uniform(1.8, 4.5);
  const height = random.uniform(5, 20);
  const crossing = random.uniform(12, 55);
  const gap = random.uniform() < 0.6 ? random.uniform(7, 13) : 0;
  const end = random.uniform() < 0.5 ? random.uniform(40, 110) : Infinity;
  const side = (sign: number): StreetSide => ({
    sign,
    front: pavement + (random.uniform() < 0.5 ? 0 : random.uniform(0.5, 5)),
    plots: createPlots(random, crossing, gap, Math.min(end, streetEnd)),
    height: height * random.uniform(0.7, 1.4),
    trees: random.pick([0.05, 0.25, 0.5, 0.75]),
    parked: random.pick([0, 0.3, 0.6, 0.85]),
  });
  return {
    road,
    lane: (road - 2.2) / 2,
    pavement,
    crossing,
    gap,
    sides: [side(-1), side(1)],
    end,
  };
}

function createPlots(random: Random, crossing: number, gap: number, end: number): Plot[] {
  const plots: Plot[] = [];
  const built = random.pick([1, 0.92, 0.85, 0.7, 0.3]);
  for (let z = streetStart; z < end;) {
    const width = random.uniform(7, 22);
    if (gap > 0 && z < crossing + gap && z + width > crossing) {
      z = crossing + gap;
      continue;
    }
    plots.push({ z, width, built: random.uniform() < built });
    z += width + (random.uniform() < 0.25 ? random.uniform(1.5, 6) : 0);
  }
  return plots;
}

/** Rows of buildings on both sides, and across the end where there is one. */
export function createBuildings(random: Random, street: Street): Primitive[][] {
  const rows = street.sides.flatMap(({ sign, front, height, plots }) =>
    plots
      .filter(({ built }) => built)
      .map(({ z, width }) => {
        const x = sign * (front + random.uniform(0, 0.8));
        return building(random, { x, z: z + width / 2, heading: (sign * Math.PI) / 2 }, width, height);
      }),
  );
  if (street.end === Infinity) return rows;
  const closing: Primitive[][] = [];
  for (let x = -45; x < 45;) {
    const width = random.uniform(8, 20);
    closing.push(
      building(random, { x: x + width / 2, z: street.end, heading: 0 }, width, street.sides[0].height),
    );
    x += width;
  }
  return [...rows, ...closing];
}

/** A building whose front passes through its place; it reaches back along the heading. */
function building(random: Random, place: Place, width: number, typicalHeight: number): Primitive[] {
  const height = Math.max(3, typicalHeight * random.uniform(0.6, 1.4));
  const depth = random.uniform(8, 14);
  const walls = facadeMaterial(random);
  const trim = commonMaterial(random);
  const part = (
    at: Primitive['half'],
    half: Primitive['half'],
    material = trim,
    taper: [number, number] = [0, 0],
  ) => primitive(place, { shape: 'box', at, half, taper }, classIds.building, material);
  const parts = [part([0, height / 2, depth / 2], [width / 2, height / 2, depth / 2], walls)];
  const roof = random.uniform();
  if (roof < 0.35) {
    const rise = random.uniform(1, 2.5);
    const shape: [number, number] = random.pick([
      [0, 1],
      [1, 0],
      [0.6, 1],
    ]);
    parts.push(part([0, height + rise, depth / 2], [width / 2 + 0.3, rise, depth / 2 + 0.3], trim, shape));
  } else if (roof < 0.6) {
    const rise = random.uniform(0.8, 3);
    parts.push(part([0, height + rise, depth / 2], [width * 0.35, rise, depth * 0.3], walls));
  }
  if (random.uniform() < 0.35) {
    const bay = random.uniform(0.8, 2);
    parts.push(part([random.uniform(-0.3, 0.3) * width, height * 0.5, 0], [bay, height * 0.35, 0.5], walls));
  }
  if (random.uniform() < 0.3) {
    parts.push(part([0, random.uniform(2.6, 3.4), -0.4], [width * 0.3, 0.12, 0.7]));
  }
  return parts;
}
