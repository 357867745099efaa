import type { Raster, RgbImage, Size } from '../../../core/index.js';
import { depthOf, normalsOf, segmentationOf, vehiclesOf, weatherOf } from './labels.js';
import type { Scene } from './scene.js';
import { shadeImage } from './shading.js';
import { findSurfaces } from './surfaces.js';

/** One value per pixel. */
export const mapNames = ['segmentation', 'depth', 'normals'] as const;
/** These, and what is said of the whole image. */
export const labelNames = [...mapNames, 'weather', 'vehicles'] as const;
export type LabelName = (typeof labelNames)[number];

export interface RenderOptions {
  /** Which labels to make. */
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
    weather: () => weatherOf(scene),
    vehicles: () => vehiclesOf(scene, surfaces),
  };
  return {
    image: shadeImage(scene, surfaces),
    labels: Object.fromEntries(options.labels.map((name) => [name, make[name]()])),
  };
}
