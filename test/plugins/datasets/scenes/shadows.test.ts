import { expect } from 'chai';
import { Random } from '../../../../core/index.js';
import {
  primitive,
  type Body,
  type Place,
  type Vector,
} from '../../../../plugins/datasets/scenes/primitives.js';
import { commonMaterial } from '../../../../plugins/datasets/scenes/materials.js';
import { Shadows } from '../../../../plugins/datasets/scenes/shadows.js';
import { along3, insideness, unit } from './views.js';

const shapes = ['box', 'ellipsoid', 'cylinder'] as const;

describe('scenes: shadows', () => {
  const random = new Random(0, 'shadows');
  const material = commonMaterial(random);

  /** The greatest insideness on the way from a point to the sun. */
  function deepest(place: Place, body: Body, from: Vector, sun: Vector): number {
    const target = primitive(place, body, 0, material);
    let depth = -Infinity;
    for (let t = 0; t < 40; t += 0.02) {
      depth = Math.max(
        depth,
        insideness(
          target,
          along3((k) => from[k] + t * sun[k]),
        ),
      );
    }
    return depth;
  }

  for (const shape of shapes) {
    it(`fall behind a body and nowhere else: ${shape}`, () => {
      const counts = { lit: 0, shaded: 0 };
      for (let round = 0; round < 60; round++) {
        const sun = unit([random.uniform(-1, 1), random.uniform(0.4, 1.5), random.uniform(-1, 1)]);
        const place = { x: random.uniform(-8, 8), z: random.uniform(5, 40), heading: random.uniform(0, 6) };
        const half = along3(() => random.uniform(0.5, 3));
        const body: Body = { shape, at: [0, random.uniform(1, 5), 0], half, tilt: random.uniform(-0.4, 0.4) };
        const target = primitive(place, body, 0, material);
        // Against the sun from a point near the body, down to the ground: a likely place for its shadow.
        const near = along3((k) => [place.x, body.at[1], place.z][k]! + random.uniform(-4, 4));
        const point = along3((k) => near[k] - (Math.max(0, near[1]) / sun[1]) * sun[k]);
        // What is seen is never inside a body.
        if (insideness(target, point) > 0) continue;
        const covered = new Shadows([target], sun).covers(...point, -2);
        if (covered) {
          // A grazing ray may slip between the steps, but not through a slightly larger body.
          const larger = { ...body, half: along3((k) => half[k] + 0.05) };
          expect(deepest(place, larger, point, sun)).to.be.above(0);
        } else expect(deepest(place, body, point, sun)).to.be.below(1e-9);
        counts[covered ? 'shaded' : 'lit']++;
      }
      expect(counts.lit).to.be.above(5);
      expect(counts.shaded).to.be.above(5);
    });
  }

  it('are not cast by a body on itself', () => {
    const sun = unit([0.3, 1, 0.2]);
    const body: Body = { shape: 'ellipsoid', at: [0, 1, 0], half: [1, 1, 1] };
    const shadows = new Shadows([primitive({ x: 0, z: 10, heading: 0 }, body, 0, material)], sun);
    expect(shadows.covers(0, 0.1, 10, 0)).to.equal(false);
    expect(shadows.covers(0, -0.1, 10, -2)).to.equal(true);
  });
});
