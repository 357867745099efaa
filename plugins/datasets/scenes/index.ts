import { z } from 'zod';
import { definePart, type Dataset } from '../../../core/index.js';
import { ScenesDataset } from './dataset.js';
import { labelNames, mapNames } from './render.js';

const side = z.number().int().min(1).max(4096);
const count = z.number().int().min(0).max(1_000_000);

const options = z.strictObject({
  /** Height and width in pixels. */
  size: z.tuple([side, side]).default([128, 256]),
  /** Number of images of each split; a smaller number gives the first ones of a larger. */
  train: count.default(512),
  val: count.default(64),
  test: count.default(64),
  /** Share of the training images that have labels, spread evenly over them; the others have none. */
  labelled: z.number().gt(0).max(1).default(1),
  /** Of the data set alone: it stays the same whatever the run's seed. */
  seed: z.number().int().default(0),
  /** Which labels to give; by default the maps. */
  labels: z
    .array(z.enum(labelNames))
    .min(1)
    .default([...mapNames]),
  /** Metres along the optical axis, or one over them. */
  depth: z.enum(['metric', 'inverse']).default('metric'),
  /** Metres beyond which there is no depth. */
  maxDepth: z.number().positive().default(80),
});

/**
 * Street scenes from a small ray caster, with exact labels: no download, any number of images of any size.
 *
 * Labels: `segmentation` (7 classes in the order of the Cityscapes categories), `depth` (along the optical axis;
 * 0 for the sky and beyond `maxDepth`), `normals` (camera coordinates, zero for the sky); of the whole image `weather`
 * (six classes) and `vehicles` (how many are seen, if only by a pixel). What augmentation crops away still counts.
 *
 * `labelled: 0.25` leaves every fourth training image its labels, the first one's among them, and takes those of the
 * others: what to learn from images without labels is worth. The images stay the same.
 */
export const scenes = definePart<Dataset, typeof options>({
  description: 'Rendered street scenes with exact segmentation, depth and surface normals; needs no download',
  options,
  create: ({ size: [height, width], train, val, test, ...rest }) =>
    new ScenesDataset({ ...rest, size: { height, width }, counts: { train, val, test } }),
});
