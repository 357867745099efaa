import { join } from 'node:path';
import {
  badValue,
  MtlError,
  type Raster,
  reading,
  resizeRgb,
  type Sample,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';
import { noClass, plainMap, toClasses } from './class-map.js';
import { byCodeUnit, isFolder, listFolder } from './files.js';
import { checkSize } from './fit.js';
import { imageFromNpy } from './npy-labels.js';
import { asRaster, parseNpy, type NpyArray } from './npy.js';
import { mismatch } from './pairing.js';
import { openSplit } from './split.js';

/** A label of preprocessed data: its folder, and how its files are read. */
export interface NpyLabel {
  /** E.g. `segmentation`. */
  readonly name: string;
  /** E.g. `label_7`. */
  readonly folder: string;
  /** Of how many numbers per pixel. */
  readonly channels: number;
  /** @returns undefined where the sample has no such label */
  read(array: NpyArray, file: string, size: Size): Raster | undefined;
}

export interface NpyFolders {
  /** Absolute path. */
  readonly root: string;
  readonly size: Size;
  readonly labels: readonly NpyLabel[];
  readonly allowMissing: boolean;
}

interface NpySample {
  readonly name: string;
  readonly image: string;
  /** In the order of the labels. */
  readonly labels: readonly (string | undefined)[];
}

/**
 * The label `segmentation` of preprocessed data: class ids, −1 where there is no class.
 * @param count of classes
 * @param fix what to do about files that hold anything else
 */
export function npyClasses(
  folder: string,
  count: number,
  { allowMissing, fix }: { readonly allowMissing: boolean; readonly fix: string },
): NpyLabel {
  const map = plainMap(count, { fix, emptyFix: fix });
  return {
    name: 'segmentation',
    folder,
    channels: 1,
    read: (array, file, size) => {
      const found = toClasses(asRaster(array, 1, file), map, file, size);
      if (found || allowMissing) return found;
      throw noClass(file, map);
    },
  };
}

/** Whether a folder looks like preprocessed data. */
export async function hasNpyFolders(root: string): Promise<boolean> {
  const found = await Promise.all(
    ['train', 'val', 'test'].map((split) => isFolder(join(root, split, 'image'))),
  );
  return found.includes(true);
}

/**
 * A split of preprocessed data, one array a file: SPLIT/image/N.npy beside SPLIT/LABEL/N.npy.
 * @throws MtlError `DATA_INVALID` where there are no images, or files do not pair up
 */
export async function openNpySplit(folders: NpyFolders, split: SplitName): Promise<Split> {
  const samples = await findSamples(folders, split);
  return openSplit(
    samples,
    (sample) => readSample(sample, folders),
    ({ image, labels }) => [image, ...labels.filter((file) => file !== undefined)],
  );
}

async function findSamples(folders: NpyFolders, split: SplitName): Promise<readonly NpySample[]> {
  const { root, labels, allowMissing } = folders;
  const images = await arraysIn(join(root, split, 'image'));
  if (images.size === 0) {
    throw badValue('DATA_INVALID', {
      what: `the ${split} split`,
      expected: `images in ${join(root, split, 'image')}`,
      found: 'no .npy files',
      fix: 'check dataset.root, or evaluate on a split that is there',
    });
  }
  const found = await Promise.all(labels.map(({ folder }) => arraysIn(join(root, split, folder))));
  const problems = found.flatMap((files, index) =>
    mismatch(join(root, split, labels[index]!.folder), images.keys(), files.keys(), allowMissing),
  );
  if (problems.length > 0) {
    const fix = '  Fetch the data set again, or set `allowMissing: true` where samples may lack labels';
    throw new MtlError('DATA_INVALID', `${problems.join('\n')}\n${fix}`);
  }
  return [...images].map(([name, image]) => ({ name, image, labels: found.map((files) => files.get(name)) }));
}

/** Files by name, in the order of their numbers. */
async function arraysIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const { files } = await listFolder(folder);
  const names = files.filter((file) => file.endsWith('.npy')).map((file) => file.slice(0, -'.npy'.length));
  names.sort((a, b) => Number(a) - Number(b) || byCodeUnit(a, b));
  return new Map(names.map((name) => [name, join(folder, `${name}.npy`)]));
}

async function readSample(sample: NpySample, { size, labels }: NpyFolders): Promise<Sample> {
  const image = await reading(sample.image, 'a readable array', (bytes) =>
    imageFromNpy(parseNpy(bytes, sample.image), sample.image),
  );
  const maps: Record<string, Raster> = {};
  for (const [index, label] of labels.entries()) {
    const file = sample.labels[index];
    if (file === undefined) continue;
    const array = await reading(file, 'a readable array', (bytes) => parseNpy(bytes, file));
    checkSize(sample.image, image, file, asRaster(array, label.channels, file));
    const map = label.read(array, file, size);
    if (map) maps[label.name] = map;
  }
  return { ...size, id: sample.name, image: await resizeRgb(image, size), labels: maps };
}
