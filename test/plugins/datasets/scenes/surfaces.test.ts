import { expect } from 'chai';
import { classIds } from '../../../../plugins/datasets/scenes/classes.js';
import {
  depthOf,
  normalsOf,
  segmentationOf,
  vehiclesOf,
} from '../../../../plugins/datasets/scenes/labels.js';
import { commonMaterial } from '../../../../plugins/datasets/scenes/materials.js';
import {
  primitive,
  type Body,
  type Primitive,
  type Vector,
} from '../../../../plugins/datasets/scenes/primitives.js';
import { findSurfaces, groundId, skyId } from '../../../../plugins/datasets/scenes/surfaces.js';
import { Random, type Size } from '../../../../core/index.js';
import type { Scene } from '../../../../plugins/datasets/scenes/scene.js';
import {
  along3,
  cross,
  dot,
  insideness,
  levelCamera,
  minus,
  pointAt,
  rayOf,
  testScene,
  toWorld,
  unit,
  vectorAt,
} from './views.js';

const size: Size = { height: 48, width: 96 };
const scenes = Array.from({ length: 6 }, (_, index) => testScene(index));
const everywhere = Number.MAX_VALUE;

/** A scene with one body before a level camera. */
function sceneOf(body: Body): Scene {
  const material = commonMaterial(new Random(0));
  const only = primitive({ x: 0.4, z: 6, heading: 0.5 }, body, classIds.object, material);
  return { ...testScene(0), camera: levelCamera, primitives: [only], objects: [0] };
}

describe('scenes: surfaces', () => {
  it('counts vehicles by what is seen of them, however many parts they have', () => {
    const scene = sceneOf({ shape: 'box', at: [0, 1, 0], half: [1, 1, 1] });
    const [body] = scene.primitives as [Primitive];
    const [car, house] = [classIds.vehicle, classIds.building].map((classId) => ({ ...body, classId }));
    // Two cars of two parts each with a house between them; the third car is hidden.
    const street = {
      ...scene,
      primitives: [car!, car!, house!, car!, car!, car!],
      objects: [0, 0, 1, 2, 2, 3],
    };
    const seen = (...ids: number[]): number =>
      vehiclesOf(street, { ...findSurfaces(scene, size), body: Int16Array.from(ids) }).data[0]!;
    expect(seen(0, 1, 1, 2, 3, skyId, groundId)).to.equal(2);
    expect(seen(2, 4)).to.equal(1);
    expect(seen(2, skyId)).to.equal(0);
  });

  it('gives ground pixels the depth of the plane y = 0', () => {
    for (const scene of scenes) {
      const { camera } = scene;
      const surfaces = findSurfaces(scene, size);
      const depth = depthOf(surfaces, everywhere, false);
      let seen = 0;
      surfaces.body.forEach((id, pixel) => {
        if (id !== groundId) return;
        const fall = -toWorld(camera, rayOf(camera, size, pixel))[1];
        expect((depth.data[pixel]! * fall) / camera.position[1]).to.be.closeTo(1, 1e-6);
        seen++;
      });
      expect(seen).to.be.above(100);
    }
  });

  it('puts every other pixel on the surface of its body', () => {
    for (const scene of scenes) {
      const surfaces = findSurfaces(scene, size);
      surfaces.body.forEach((id, pixel) => {
        if (id < 0) return;
        const point = pointAt(scene.camera, size, pixel, surfaces.depth[pixel]!);
        expect(insideness(scene.primitives[id]!, point)).to.be.closeTo(0, 1e-9);
      });
    }
  });

  it('finds nothing solid in front of what it sees', () => {
    for (const scene of scenes.slice(0, 3)) {
      const solid = scene.primitives.filter(({ leafy }) => !leafy);
      const surfaces = findSurfaces(scene, size);
      for (let pixel = 5; pixel < surfaces.body.length; pixel += 97) {
        const end = Math.min(surfaces.depth[pixel]!, 150);
        let deepest = -Infinity;
        for (let step = 0; step < 150; step++) {
          const point = pointAt(scene.camera, size, pixel, (end * step) / 150);
          for (const body of solid) deepest = Math.max(deepest, insideness(body, point));
        }
        expect(deepest, `pixel ${pixel}`).to.be.below(1e-9);
      }
    }
  });

  it('has normals of unit length that face the camera, and none for the sky', () => {
    for (const scene of scenes) {
      const surfaces = findSurfaces(scene, size);
      const normals = normalsOf(scene, surfaces);
      surfaces.body.forEach((id, pixel) => {
        const normal = vectorAt(normals, pixel);
        expect(Math.hypot(...normal)).to.be.closeTo(id === skyId ? 0 : 1, 1e-6);
        if (id !== skyId) expect(dot(normal, rayOf(scene.camera, size, pixel))).to.be.below(1e-6);
      });
    }
  });

  it('has the normals that its depth implies on flat surfaces', () => {
    let compared = 0;
    for (const scene of scenes) {
      const surfaces = findSurfaces(scene, size);
      const depth = depthOf(surfaces, 40, false);
      const normals = normalsOf(scene, surfaces);
      const point = (pixel: number): Vector => {
        const ray = rayOf(scene.camera, size, pixel);
        return along3((k) => ray[k] * depth.data[pixel]!);
      };
      for (let pixel = 0; pixel < (size.height - 1) * size.width; pixel++) {
        const id = surfaces.body[pixel]!;
        const flat = id === groundId || scene.primitives[id]?.shape === 'box';
        const together = [pixel, pixel + 1, pixel + size.width].every(
          (other) =>
            surfaces.body[other] === id &&
            surfaces.face[other] === surfaces.face[pixel] &&
            depth.data[other]! > 0,
        );
        if (!flat || !together || pixel % size.width === size.width - 1) continue;
        const across = minus(point(pixel + 1), point(pixel));
        const downwards = minus(point(pixel + size.width), point(pixel));
        // x right, y down, z away is a right-handed frame: down × right points to the camera.
        expect(dot(unit(cross(downwards, across)), vectorAt(normals, pixel))).to.be.closeTo(1, 1e-5);
        compared++;
      }
    }
    expect(compared).to.be.above(5000);
  });

  it('sees a ball as a ball', () => {
    const radius = 1.2;
    const scene = sceneOf({ shape: 'ellipsoid', at: [0, 2.2, 0], half: [radius, radius, radius] });
    const surfaces = findSurfaces(scene, size);
    const depth = depthOf(surfaces, everywhere, false);
    const normals = normalsOf(scene, surfaces);
    // World (0.4, 2.2, 6) before a camera at (0, 2, 0), with y down.
    const center: Vector = [0.4, -0.2, 6];
    for (let pixel = 0; pixel < surfaces.body.length; pixel++) {
      const ray = rayOf(levelCamera, size, pixel);
      // Distance of the centre from the ray, by which a ray meets the ball or misses it.
      const offset = Math.hypot(...cross(center, unit(ray)));
      expect(surfaces.body[pixel] === 0, `pixel ${pixel}`).to.equal(offset < radius);
      if (surfaces.body[pixel] !== 0) continue;
      const outward = minus(
        along3((k) => ray[k] * depth.data[pixel]!),
        center,
      );
      expect(Math.hypot(...outward)).to.be.closeTo(radius, 1e-5);
      expect(dot(unit(outward), vectorAt(normals, pixel))).to.be.closeTo(1, 1e-6);
    }
  });

  it('sees the side of a cylinder, and its top only from above', () => {
    const from = (height: number): Set<number> => {
      const scene = sceneOf({ shape: 'cylinder', at: [0, height / 2, 0], half: [0.8, height / 2, 0.8] });
      const surfaces = findSurfaces(scene, size);
      const normals = normalsOf(scene, surfaces);
      const faces = new Set<number>();
      surfaces.body.forEach((id, pixel) => {
        if (id !== 0) return;
        const face = surfaces.face[pixel]!;
        faces.add(face);
        const [, ny] = vectorAt(normals, pixel);
        expect(ny).to.be.closeTo(face === 1 ? -1 : 0, 1e-9);
      });
      return faces;
    };
    expect([...from(1)].sort()).to.deep.equal([0, 1]);
    expect([...from(3)]).to.deep.equal([0]);
  });

  it('narrows a tapered box towards its top', () => {
    const widths = (taper: readonly [number, number]): number[] => {
      const scene = sceneOf({ shape: 'box', at: [0, 2, 0], half: [1, 1, 1], taper });
      const { body } = findSurfaces(scene, size);
      const rows = Array.from({ length: size.height }, (_, y) =>
        body.subarray(y * size.width, (y + 1) * size.width).reduce((sum, id) => sum + (id === 0 ? 1 : 0), 0),
      ).filter((width) => width > 0);
      return [rows[1]!, rows.at(-2)!];
    };
    const [boxTop, boxFoot] = widths([0, 0]);
    const [roofTop, roofFoot] = widths([0.9, 0.9]);
    expect(roofFoot).to.be.closeTo(boxFoot!, 2);
    expect(roofTop).to.be.below(boxTop! / 2);
  });

  it('shows the same scene at every size', () => {
    for (const scene of scenes) {
      const small = findSurfaces(scene, size);
      const large = findSurfaces(scene, { height: 3 * size.height, width: 3 * size.width });
      const maps = [segmentationOf(scene, small), segmentationOf(scene, large)] as const;
      for (let pixel = 0; pixel < small.body.length; pixel++) {
        // The middle of a pixel is the middle of the middle one of its nine parts.
        const y = 3 * Math.floor(pixel / size.width) + 1;
        const part = y * 3 * size.width + 3 * (pixel % size.width) + 1;
        expect(maps[1].data[part]).to.equal(maps[0].data[pixel]);
      }
    }
  });
});
