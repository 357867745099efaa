import { z } from 'zod';
import { isNamePattern } from './glob.js';
import { tableOptions } from './table-options.js';

const glob = z.string().min(1);
const byte = z.int().min(0).max(255);
const fileValue = z.int().min(0).max(65535);
const seed = z.int().min(0).default(0);

const namePattern = z.string().refine(isNamePattern, { error: 'a name pattern whose brackets pair up' });
const namePatterns = z.union([namePattern, z.array(namePattern).min(1)]);
const nameList = z.strictObject({ list: glob });
const names = z.union([namePatterns, nameList]);
const heldApart = z.strictObject({ from: z.literal('train'), fraction: z.number().gt(0).lt(1), seed });

/** Each split by the names of its samples. */
const splitByNames = z.strictObject({
  train: names,
  val: z.union([namePatterns, nameList, heldApart]).optional(),
  test: names.optional(),
});

/** A JSON file of names: `{ "train": ["a", "b"], "val": ["c"] }`. */
const splitByFile = z.strictObject({ file: glob });

/** Random shares of all samples. */
const splitByShares = z.strictObject({
  train: z.number(),
  val: z.number().optional(),
  test: z.number().optional(),
  seed,
});

// The shares are checked outside of the union, where a message can speak of them alone.
const split = z
  .union([splitByNames, splitByFile, splitByShares])
  .refine(sharesAddUp, { error: 'shares above 0 that add up to at most 1' });

const labels = z
  .strictObject({
    files: glob,
    classes: z.union([z.int().min(1).max(255), z.array(z.string().min(1)).min(1).max(255)]),
    map: z.record(z.string(), z.int().min(0)).optional(),
    void: z.array(fileValue).default([255]),
    colors: z.array(z.tuple([byte, byte, byte])).optional(),
    channel: z.int().min(0).max(2).optional(),
  })
  .check(({ value, issues }) => {
    for (const { path, message } of labelProblems(value)) {
      issues.push({ code: 'custom', input: value, path: [...path], message });
    }
  });

const depth = z.strictObject({
  files: glob,
  scale: z.number().gt(0).default(0.001),
  invalid: fileValue.default(0),
  max: z.number().gt(0).optional(),
  inverse: z.boolean().default(false),
});

const normals = z.strictObject({ files: glob, encoding: z.literal('rgb').default('rgb') });

export const folderOptions = z.strictObject({
  root: z.string().min(1).default('.'),
  size: z.tuple([z.int().min(1), z.int().min(1)]),
  rgb: glob,
  labels: labels.optional(),
  depth: depth.optional(),
  normals: normals.optional(),
  table: tableOptions.optional(),
  unlabelled: glob.optional(),
  suffix: z
    .strictObject({
      rgb: z.string().default(''),
      labels: z.string().default(''),
      depth: z.string().default(''),
      normals: z.string().default(''),
    })
    .prefault({}),
  split,
  allowMissing: z.boolean().default(false),
});

export type FolderOptions = z.output<typeof folderOptions>;
export type ClassOptions = z.output<typeof labels>;
export type DepthOptions = z.output<typeof depth>;
export type SplitOptions = z.output<typeof split>;
type SplitByFile = z.output<typeof splitByFile>;
export type SplitByNames = z.output<typeof splitByNames>;
export type SplitByShares = z.output<typeof splitByShares>;

function sharesAddUp(options: SplitByNames | SplitByFile | SplitByShares): boolean {
  if ('file' in options || typeof options.train !== 'number') return true;
  const shares = [options.train, options.val, options.test].filter((share) => typeof share === 'number');
  return shares.every((share) => share > 0) && shares.reduce((sum, share) => sum + share, 0) <= 1 + 1e-9;
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What the fields of `labels` must keep to among each other. */
function* labelProblems({ classes, map, void: voids, colors }: ClassOptions): Generator<Problem> {
  const count = typeof classes === 'number' ? classes : classes.length;
  for (const [value, id] of Object.entries(map ?? {})) {
    if (!/^\d+$/.test(value) || Number(value) > 65535) {
      yield { path: ['map', value], message: 'a whole number, 0–65535, as the key' };
    }
    if (id >= count) yield { path: ['map', value], message: `a class id below ${count}` };
  }
  for (const [index, value] of voids.entries()) {
    const isClass = map ? String(value) in map : value < count;
    if (!isClass) continue;
    const message = map
      ? 'a value that labels.map does not map'
      : `a value that is no class id (0–${count - 1}); where the files count their classes from elsewhere, give labels.map`;
    yield { path: ['void', index], message };
  }
  if (colors && colors.length !== count)
    yield { path: ['colors'], message: `${count} colours, one for each class` };
}
