import { expect } from 'chai';
import { Random, type Raster } from '../../../../core/index.js';
import { normalsFromDepth, type Intrinsics } from '../../../../plugins/datasets/common/normals-from-depth.js';
import { focalPixels } from '../../../../plugins/datasets/scenes/camera.js';
import { createScene } from '../../../../plugins/datasets/scenes/scene.js';
import { makeDataset } from '../make.js';

const size = { height: 40, width: 60 };
const camera: Intrinsics = { fx: 70, fy: 65, cx: 28.3, cy: 21.1 };

function depthBy(z: (u: number, v: number) => number, { fx, fy, cx, cy } = camera): Raster<Float32Array> {
  const data = Float32Array.from({ length: size.height * size.width }, (_, pixel) => {
    const [x, y] = [pixel % size.width, Math.floor(pixel / size.width)];
    return z((x - cx) / fx, (y - cy) / fy);
  });
  return { ...size, channels: 1, data };
}

/** Degrees between two directions. */
function angle(a: Raster, b: ArrayLike<number>, at: number, start = at): number {
  const dot = [0, 1, 2].reduce((sum, axis) => sum + a.data[at + axis]! * b[start + axis]!, 0);
  return (Math.acos(Math.min(dot, 1)) * 180) / Math.PI;
}

describe('data sets: normals from depth', () => {
  for (const [name, normal] of [
    ['a wall across', [0, 0, -1]],
    ['a floor', [0, -0.995, -0.0998749]],
    ['a wall to the left', [0.9, 0, -0.4358899]],
    ['a slope', [0.36, -0.48, -0.8]],
  ] as const) {
    it(`are exact on ${name}`, () => {
      const [nx, ny, nz] = normal;
      // n·P = −c with P = z·(u, v, 1); beyond 50 m, and where the plane is behind, there is no depth.
      const depth = depthBy((u, v) => {
        const z = -2 / (nx * u + ny * v + nz);
        return z > 0 && z < 50 ? z : 0;
      });
      const found = normalsFromDepth(depth, camera);
      let count = 0;
      depth.data.forEach((z, pixel) => {
        const vector = [...found.data.subarray(pixel * 3, pixel * 3 + 3)];
        if (z === 0) expect(vector).to.deep.equal([0, 0, 0]);
        if (z === 0 || vector.every((value) => value === 0)) return;
        expect(Math.hypot(...vector)).to.be.closeTo(1, 1e-6);
        expect(angle(found, normal, pixel * 3, 0)).to.be.below(0.1);
        count++;
      });
      expect(count).to.be.above(0.9 * depth.data.filter((z) => z > 0).length);
    });
  }

  it('are those of a ball, and of the wall behind it up to its edge', () => {
    const [center, radius] = [3, 1];
    const hit = (u: number, v: number): number => {
      const [a, b] = [u * u + v * v + 1, center];
      const root = b * b - a * (center * center - radius * radius);
      return root >= 0 ? (b - Math.sqrt(root)) / a : 0;
    };
    const depth = depthBy((u, v) => hit(u, v) || 5);
    const found = normalsFromDepth(depth, camera);
    let worst = 0;
    depth.data.forEach((z, pixel) => {
      const [u, v] = [
        ((pixel % size.width) - camera.cx) / camera.fx,
        (Math.floor(pixel / size.width) - camera.cy) / camera.fy,
      ];
      const off = angle(found, z === 5 ? [0, 0, -1] : [u * z, v * z, z - center], pixel * 3, 0);
      if (z === 5) expect(off).to.be.below(0.1);
      // Near its outline a ball bends more within a window than a plane can follow.
      else if (z - center < -0.6) worst = Math.max(worst, off);
    });
    expect(worst).to.be.below(7);
  });

  it('stand noise, and points that lie far off', () => {
    const random = new Random(1, 'noise');
    const depth = depthBy((u, v) => -2 / (0.36 * u - 0.48 * v - 0.8));
    depth.data.forEach((z, pixel) => {
      depth.data[pixel] = z * (random.uniform() < 0.05 ? 1.08 : 1 + 0.001 * random.normal());
    });
    const found = normalsFromDepth(depth, camera, size, { radius: 6, step: 2 });
    const angles = Array.from({ length: depth.data.length }, (_, pixel) =>
      angle(found, [0.36, -0.48, -0.8], pixel * 3, 0),
    ).sort((a, b) => a - b);
    expect(angles[Math.floor(angles.length / 2)]).to.be.below(1.5);
  });

  it('are zero where depth is missing or stands alone, and computed at the pixels that are asked for', () => {
    const depth = depthBy((u) => (u < 0 ? 2 : 0));
    depth.data[size.width - 1] = 2;
    const found = normalsFromDepth(depth, camera);
    expect([...found.data.subarray((size.width - 1) * 3, size.width * 3)]).to.deep.equal([0, 0, 0]);
    const half = normalsFromDepth(depth, camera, { height: 20, width: 30 });
    expect(half).to.include({ height: 20, width: 30, channels: 3 });
    // Pixel (0, 0) of the half has its centre in pixel (1, 1) of the whole.
    const at = (size.width + 1) * 3;
    expect([...half.data.subarray(0, 3)]).to.deep.equal([...found.data.subarray(at, at + 3)]);
  });

  it('are nearly everywhere the exact ones of rendered scenes', async () => {
    const [height, width] = [96, 192];
    const dataset = makeDataset({ name: 'scenes', size: [height, width], train: 4, maxDepth: 1e6 });
    const split = await dataset.split('train');
    for (let index = 0; index < split.length; index++) {
      const { labels } = await split.sample(index);
      const focal = focalPixels(createScene(new Random(0, 'scenes', 'train', index)).camera, {
        height,
        width,
      });
      // Rays go through the middles of pixels.
      const pinhole = { fx: focal, fy: focal, cx: width / 2 - 0.5, cy: height / 2 - 0.5 };
      const found = normalsFromDepth(labels.depth!, pinhole);
      const exact = labels.normals!.data;
      const angles = Array.from({ length: height * width }, (_, pixel) => pixel * 3)
        .filter((at) => exact[at] !== 0 || exact[at + 1] !== 0 || exact[at + 2] !== 0)
        .map((at) => angle(found, exact, at))
        .sort((a, b) => a - b);
      expect(angles[Math.floor(angles.length * 0.5)], `median of image ${index}`).to.be.below(1);
      expect(angles[Math.floor(angles.length * 0.75)], `third quarter of image ${index}`).to.be.below(20);
    }
  });
});
