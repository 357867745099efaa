import type { Raster, RgbImage, Size } from '../../../core/index.js';
import { depthOf, normalsOf, segmentationOf } from './labels.js';
import type { Scene } from './scene.js';
import { shadeImage } from './shading.js';
import { findSurfaces } from './surfaces.js';

export const labelNames = ['segmentation', 'depth', 'normals'] as const;
export type LabelName = (typeof labelNames)[number];

export interface RenderOptions {
  /** Which label maps to make. */
  readonly labels: readonly LabelName[];
  readonly depth: 'metric' | 'inverse';
  /** Metres beyond which depth is not given. */
  readonly maxDepth: number;
}

export interface Rendering {
  readonly image: RgbImage;
  readonly labels: Readonly<Partial<Record<LabelName, Raster>>>;
}

/** The picture of a scene and its exact labels. */
export function renderScene(scene: Scene, size: Size, options: RenderOptions): Rendering {
  const surfaces = findSurfaces(scene, size);
  const make: Readonly<Record<LabelName, () => Raster>> = {
    segmentation: () => segmentationOf(scene, surfaces),
    depth: () => depthOf(surfaces, options.maxDepth, options.depth === 'inverse'),
    normals: () => normalsOf(scene, surfaces),
  };
  return {
    image: shadeImage(scene, surfaces),
    labels: Object.fromEntries(options.labels.map((name) => [name, make[name]()])),
  };
}
