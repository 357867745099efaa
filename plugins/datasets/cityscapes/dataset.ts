import { join } from 'node:path';
import {
  badValue,
  type Dataset,
  type LabelInfo,
  type Raster,
  readRgb,
  type Sample,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';
import { noClass, toClasses, type ClassMap } from '../common/class-map.js';
import { checkBits, readValues } from '../common/decode.js';
import { checkRoot, isFolder } from '../common/files.js';
import { checkSize, fit } from '../common/fit.js';
import { hasNpyFolders, npyClasses, openNpySplit, type NpyLabel } from '../common/npy-folders.js';
import { depthFromNpy } from '../common/npy-labels.js';
import { openSplit } from '../common/split.js';
import { cities } from './cities.js';
import { classMap, describeClasses } from './classes.js';
import { describeDepth, inverseToMetres, readCamera, toInverse, toMetres, usualStereo } from './depth.js';
import { findOfficial, imageFolder, type CityscapesFiles } from './official.js';
import type { CityscapesOptions } from './options.js';

/** Cityscapes as it is published, or preprocessed. Nothing is read before a split is opened, and nothing is written. */
export class CityscapesDataset implements Dataset {
  readonly size: Size;
  readonly labels: Readonly<Record<string, LabelInfo>>;
  private readonly classes: ClassMap;

  /** @param root absolute path */
  constructor(
    private readonly root: string,
    private readonly options: CityscapesOptions,
  ) {
    const [height, width] = options.size;
    this.size = { height, width };
    this.labels = {
      ...(options.labels.includes('segmentation') ? { segmentation: describeClasses(options.classes) } : {}),
      ...(options.labels.includes('depth')
        ? { depth: describeDepth({ maxDepth: undefined, ...options }) }
        : {}),
    };
    this.classes = classMap(options.classes);
  }

  async split(name: SplitName): Promise<Split> {
    await checkRoot(this.root);
    if ((await this.format()) === 'official') return this.openOfficial(name);
    await this.checkNpy(name);
    const { root, size } = this;
    return openNpySplit(
      { root, size, labels: this.npyLabels(), allowMissing: this.options.allowMissing },
      name,
    );
  }

  private async format(): Promise<'official' | 'npy'> {
    if (this.options.format !== 'auto') return this.options.format;
    if (await isFolder(join(this.root, imageFolder))) return 'official';
    if (await hasNpyFolders(this.root)) return 'npy';
    throw badValue('DATA_INVALID', {
      what: 'dataset.root',
      expected: `${imageFolder}/train/CITY/*_leftImg8bit.png (as published) or train/image/*.npy (preprocessed)`,
      found: `neither in ${this.root}`,
      fix: 'it is the folder that holds leftImg8bit and gtFine, or train and val',
    });
  }

  private async openOfficial(name: SplitName): Promise<Split> {
    const { holdOut } = this.options;
    if (name === 'test' && !holdOut) throw noTest('the labels of the official test cities are not public');
    const held = new Set<string>(holdOut);
    const isVal = name === 'test' || (name === 'val' && !holdOut);
    const folder = isVal ? 'val' : 'train';
    const all = await findOfficial(this.root, folder, this.options);
    const files = isVal ? all : all.filter(({ city }) => held.has(city) === (name === 'val'));
    const wanted = isVal
      ? cities.val
      : name === 'val'
        ? (holdOut ?? [])
        : cities.train.filter((city) => !held.has(city));
    const present = new Set(files.map(({ city }) => city));
    const absent = name === 'val' && holdOut ? holdOut.filter((city) => !present.has(city)) : [];
    if (files.length === 0 || absent.length > 0) {
      throw badValue('DATA_INVALID', {
        what: `the ${name} split`,
        expected: `images in ${join(this.root, imageFolder, folder)}/{${wanted.join(',')}}`,
        found: absent.length > 0 ? `none of ${absent.join(', ')}` : 'none',
        fix: holdOut ? 'check dataset.holdOut and dataset.root' : 'check dataset.root',
      });
    }
    return openSplit(
      files,
      (each) => this.read(each),
      ({ image, labels, disparity, camera }) =>
        [image, labels, disparity, camera].filter((file) => file !== undefined),
    );
  }

  private async read(files: CityscapesFiles): Promise<Sample> {
    const { size } = this;
    const { image, original } = await readRgb(files.image, size);
    const labels: Record<string, Raster> = {};
    if (files.labels) {
      labels.segmentation = await this.segmentation(files.labels, files.image, original);
    }
    if (files.disparity) labels.depth = await this.depth(files.disparity, files, original);
    return { ...size, id: files.name, image, labels };
  }

  private segmentation(file: string, image: string, original: Size): Promise<Raster> {
    return readValues(file, { fix: labelFix }, ({ values, bits }) => {
      checkSize(image, original, file, values);
      checkBits(file, bits, 8, 'a picture of label ids', labelFix);
      const map = toClasses(values, this.classes, file, this.size);
      if (!map) throw noClass(file, this.classes);
      return map;
    });
  }

  private depth(file: string, { image, camera }: CityscapesFiles, original: Size): Promise<Raster> {
    return readValues(file, { fix: disparityFix }, async ({ values, bits }) => {
      checkSize(image, original, file, values);
      checkBits(file, bits, 16, 'a picture of disparity', disparityFix);
      const stored = fit(values, this.size);
      if (this.options.depth === 'inverse') return toInverse(stored);
      return toMetres(stored, camera ? await readCamera(camera) : usualStereo, this.options.maxDepth);
    });
  }

  private async checkNpy(name: SplitName): Promise<void> {
    if (this.options.holdOut) {
      throw badValue('DATA_INVALID', {
        what: 'dataset.holdOut',
        expected: 'the files as published, by city',
        found: 'preprocessed ones, whose cities are not known',
        fix: 'leave holdOut out, or take the published files',
      });
    }
    if (name === 'test' && !(await isFolder(join(this.root, 'test', 'image')))) {
      throw noTest('the preprocessed files have train and val alone');
    }
  }

  private npyLabels(): readonly NpyLabel[] {
    const { labels, classes, depth, maxDepth, allowMissing } = this.options;
    const known: readonly NpyLabel[] = [
      npyClasses(`label_${classes}`, classes, { allowMissing, fix: npyFix }),
      {
        name: 'depth',
        folder: 'depth',
        channels: 1,
        read: (array, file, size) => {
          const inverse = depthFromNpy(array, file, size);
          return depth === 'inverse' ? inverse : inverseToMetres(inverse, maxDepth);
        },
      },
    ];
    return known.filter(({ name }) => labels.some((label) => label === name));
  }
}

const labelFix = 'take the files *_gtFine_labelIds.png as they were published; *_color.png hold no ids';
const disparityFix = 'take the files *_disparity.png as they were published, grey with 16 bits';
const npyFix = 'fetch or export the preprocessed files again';

function noTest(reason: string): Error {
  return badValue('DATA_INVALID', {
    what: 'the test split of cityscapes',
    expected: 'dataset.holdOut, which makes training cities val and the official val cities test',
    found: `nothing to test on: ${reason}`,
    fix: 'evaluate on val (--split val), or set e.g. holdOut: [zurich] beside the published files',
  });
}
