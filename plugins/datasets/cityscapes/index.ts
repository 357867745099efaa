import { resolve } from 'node:path';
import { definePart, tokens } from '../../../core/index.js';
import { CityscapesDataset } from './dataset.js';
import { cityscapesOptions } from './options.js';

/**
 * Cityscapes (https://www.cityscapes-dataset.com; Cordts et al., CVPR 2016), as published or preprocessed.
 *
 * ```yaml
 * dataset:
 *   name: cityscapes
 *   root: ./data/cityscapes       # holds leftImg8bit, gtFine, disparity and (for metres) camera
 *   size: [128, 256]              # height, width; everything is resized to it
 *   classes: 7                    # or 19
 *   labels: [segmentation, depth]
 *   depth: inverse                # or metres
 *   holdOut: [ulm, zurich]        # optional: these training cities are val, and the official val is test
 * ```
 *
 * **As published** (`format: official`): leftImg8bit/SPLIT/CITY/*_leftImg8bit.png, gtFine/SPLIT/CITY/*_gtFine_labelIds.png,
 * disparity/SPLIT/CITY/*_disparity.png and, where there are any, camera/SPLIT/CITY/*_camera.json. A city in a split that
 * is not its own is an error, and so is an image without its labels, unless `allowMissing: true`.
 * `train` and `val` are the official ones. The labels of the official test cities are not public, so `test` needs
 * `holdOut`: training cities that are no longer in `train` but are `val`, while the official val cities are `test`.
 *
 * **Preprocessed** (`format: npy`): {train,val}/{image,label_7,label_19,depth}/N.npy, images of 0–1, −1 = void, inverse
 * depth with 0 = invalid. `format: auto` (the default) takes what is there.
 *
 * **segmentation**: `classes: 7` are the categories (flat, construction, object, nature, sky, human, vehicle), 19 the
 * usual training classes.
 *
 * **depth**: `inverse` is XTasC-Net's target, (p − 1)/65536 of the file's value p, at most 0.4922, 0 = invalid: the
 * disparity in units of 256 pixels, 1.85 m / z with the usual camera. It does not follow the magnification of a scaled crop.
 * `metres` is baseline · fx / d with d = (p − 1)/256, by the picture's camera file, else by the usual baseline of 0.209313 m
 * and focal length of 2262.52 px; beyond `maxDepth` there is none.
 */
export const cityscapes = definePart({
  description:
    'Cityscapes: streets with 7 or 19 classes and (inverse) depth, as published or preprocessed to .npy',
  options: cityscapesOptions,
  create: (options, deps) =>
    new CityscapesDataset(resolve(deps.get(tokens.baseFolder), options.root), options),
});
