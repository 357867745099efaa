import { z } from 'zod';
import { definePart, partSpec, splitNames, tokens, type Dataset } from '../../../core/index.js';
import { MixedDataset } from './dataset.js';

const partNames = z.array(z.string()).min(1);

const options = z.strictObject({
  parts: z
    .record(z.string().regex(/^[A-Za-z][\w-]*$/, 'names of letters, digits, _ and -'), partSpec('dataset'))
    .refine((parts) => Object.keys(parts).length > 0, 'at least one data set')
    .describe('Data sets by a name of your own.'),
  batches: z
    .enum(['mixed', 'single'])
    .default('mixed')
    .describe('mixed: any sample beside any other; single: each batch from one data set.'),
  splits: z
    .partialRecord(z.enum(splitNames), partNames)
    .default({})
    .describe('Parts that make up a split; all where it is not named.'),
  rename: z
    .record(z.string(), z.record(z.string(), z.string()))
    .default({})
    .describe('New names of labels, by part: needed where labels of one name mean different things.'),
});

/**
 * Several data sets as one, for different tasks of one network: a sample has the labels that its own data set has, and
 * those that it lacks are masked.
 *
 * ```yaml
 * dataset:
 *   name: mixed
 *   batches: single              # each batch from one of them; mixed (default) = any sample beside any other
 *   parts:
 *     street: { name: cityscapes, root: ./data/cityscapes }
 *     rooms: { name: nyuv2, root: ./data/nyuv2, size: [128, 256] }
 *   rename: { rooms: { segmentation: objects, depth: metres } }
 *   splits: { val: [street] }    # all parts where a split is not named
 * tasks:
 *   segmentation: {}
 *   objects: { type: segmentation, label: objects }
 *   depth: {}
 * ```
 *
 * All parts give one size. Labels of one name must mean the same in all parts; `rename` tells apart those that do not.
 * A sample's id is `PART/ID`.
 */
export const mixed = definePart<Dataset, typeof options>({
  description: 'several data sets as one: for tasks whose labels come from different places',
  options,
  create: ({ parts, ...rest }, deps) =>
    new MixedDataset(
      Object.entries(parts).map(([name, spec]) => ({
        name,
        dataset: deps.get(tokens.registry).create('dataset', spec, deps, `dataset.parts.${name}`),
      })),
      rest,
    ),
});
