import { join } from 'node:path';
import { badValue, MtlError } from '../../../core/index.js';
import { listFolder } from '../common/files.js';
import { mismatch } from '../common/pairing.js';
import { cities } from './cities.js';
import type { CityscapesOptions } from './options.js';

export const imageFolder = 'leftImg8bit';

/** Folder and end of the name of each kind of file. */
export const kinds = {
  image: [imageFolder, '_leftImg8bit.png'],
  labels: ['gtFine', '_gtFine_labelIds.png'],
  disparity: ['disparity', '_disparity.png'],
  camera: ['camera', '_camera.json'],
} as const;
type FileKind = keyof typeof kinds;
type Folder = keyof typeof cities;

/** The files of one image. */
export interface CityscapesFiles {
  /** E.g. `aachen_000000_000019`. */
  readonly name: string;
  readonly city: string;
  readonly image: string;
  readonly labels: string | undefined;
  readonly disparity: string | undefined;
  readonly camera: string | undefined;
}

/**
 * The images of an official split with the files that belong to them, by city and name.
 * @param root absolute path
 * @throws MtlError `DATA_INVALID` where a city lies in a split that is not its own, or files do not pair up
 */
export async function findOfficial(
  root: string,
  folder: Folder,
  { labels, depth, allowMissing }: CityscapesOptions,
): Promise<readonly CityscapesFiles[]> {
  // Of all splits, whichever is wanted: a validation city among the training ones is wrong for both.
  for (const split of ['train', 'val', 'test'] as const) await checkCities(root, split);
  const images = await filesOf(root, folder, 'image');
  const wanted: FileKind[] = [
    ...(labels.includes('segmentation') ? ['labels' as const] : []),
    ...(labels.includes('depth') ? ['disparity' as const] : []),
  ];
  const found = new Map<FileKind, ReadonlyMap<string, FoundFile>>();
  for (const kind of wanted) found.set(kind, await filesOf(root, folder, kind));
  const problems = [...found].flatMap(([kind, files]) =>
    images.size === 0
      ? []
      : mismatch(join(root, kinds[kind][0], folder), images.keys(), files.keys(), allowMissing),
  );
  if (problems.length > 0) {
    const fix = `  Fetch ${wanted.map((kind) => kinds[kind][0]).join(' and ')} again, or set \`allowMissing: true\` where images may lack labels`;
    throw new MtlError('DATA_INVALID', `${problems.join('\n')}\n${fix}`);
  }
  const cameras =
    depth === 'metres' && wanted.includes('disparity') ? await filesOf(root, folder, 'camera') : undefined;
  return [...images].map(([name, { city, file }]) => ({
    name,
    city,
    image: file,
    labels: found.get('labels')?.get(name)?.file,
    disparity: found.get('disparity')?.get(name)?.file,
    camera: cameras?.get(name)?.file,
  }));
}

async function checkCities(root: string, split: Folder): Promise<void> {
  const folder = join(root, imageFolder, split);
  const expected = `only cities of the ${split} split (${cities[split].join(', ')})`;
  for (const city of (await listFolder(folder)).folders) {
    if (isOf(split, city)) continue;
    const own = (Object.keys(cities) as Folder[]).find((other) => isOf(other, city));
    throw badValue('DATA_INVALID', {
      what: folder,
      expected,
      found: own ? `"${city}", a city of ${own}` : `"${city}"`,
      fix: own
        ? `move it to ${imageFolder}/${own}: what a model was trained on cannot test it; dataset.holdOut takes cities out of train`
        : 'for pictures of your own, the data set `folders` reads them',
    });
  }
}

function isOf(split: Folder, city: string): boolean {
  return (cities[split] as readonly string[]).includes(city);
}

interface FoundFile {
  readonly city: string;
  readonly file: string;
}

/** Files of one kind by image, sorted by city and name. */
async function filesOf(root: string, split: Folder, kind: FileKind): Promise<ReadonlyMap<string, FoundFile>> {
  const [top, ending] = kinds[kind];
  const folder = join(root, top, split);
  const byName = new Map<string, FoundFile>();
  for (const city of (await listFolder(folder)).folders) {
    const { files } = await listFolder(join(folder, city));
    for (const file of files) {
      if (!file.endsWith(ending)) continue;
      const path = join(folder, city, file);
      if (!file.startsWith(`${city}_`)) {
        throw badValue('DATA_INVALID', {
          what: path,
          expected: `only files of ${city}, whose names start with "${city}_"`,
          found: `"${file}"`,
          fix: 'move it to the folder of its city',
        });
      }
      byName.set(file.slice(0, -ending.length), { city, file: path });
    }
  }
  return byName;
}
