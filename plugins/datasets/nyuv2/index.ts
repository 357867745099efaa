import { resolve } from 'node:path';
import { definePart, tokens } from '../../../core/index.js';
import { Nyuv2Dataset } from './dataset.js';
import { nyuv2Options } from './options.js';

/**
 * The labelled part of NYU Depth V2 (https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html; Silberman et al., ECCV 2012),
 * as published or preprocessed.
 *
 * ```yaml
 * dataset:
 *   name: nyuv2
 *   root: ./data/nyuv2            # holds nyu_depth_v2_labeled.mat and splits.mat
 *   size: [288, 384]              # height, width; everything is resized to it
 *   classes: 13                   # or 40
 *   labels: [segmentation, depth]
 *   normals: fromDepth            # or none, or (preprocessed) files
 *   val: { fraction: 0.1, seed: 0 }
 * ```
 *
 * **As published** (`format: mat`): nyu_depth_v2_labeled.mat is read sample by sample, never as a whole; splits.mat
 * (`splits`: its place, if not in `root`) says which 795 are `train` and which 654 `test`. `val` is `test`, as papers
 * have it (the default), a part of train, `{ fraction, seed }`, or what splits.mat lists as valNdxs, `listed`.
 * The 894 objects become 40 classes (Gupta et al. 2013), and these 13 (Couprie et al. 2013).
 * `normals: fromDepth` are planes fitted to the depth, at the file's resolution.
 *
 * **Preprocessed** (`format: npy`): {train,val}/{image,label,depth,normal}/N.npy, images of 0–1, 13 classes with −1 = void,
 * metres with 0 = invalid, normals (`normals: files`) with zero = none. `normalSigns: [1, -1, -1]` turns axes of theirs round
 * that are not x right, y down, z away from the camera, so that directions face the camera and flips stay right; files say
 * nothing of their axes, and whoever made them knows. `format: auto` (the default) takes what is there.
 *
 * **depth**: metres, 0 = invalid, divided by the magnification of a scaled crop.
 */
export const nyuv2 = definePart({
  description:
    'NYU Depth V2: rooms with 13 or 40 classes, depth and normals, as published or preprocessed to .npy',
  options: nyuv2Options,
  create: (options, deps) => new Nyuv2Dataset(resolve(deps.get(tokens.baseFolder), options.root), options),
});
