import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Dataset, MtlError, PartSpec } from '../../../core/index.js';
import { fixtures } from './fixtures.js';
import { failure, makeDataset } from './make.js';
import { temporaryFolder } from './pictures.js';

const aachen = 'train/aachen/aachen_000000_000019';

/** A data set on a copy of good files, and where its files lie. */
interface Layout {
  readonly options: Exclude<PartSpec, string>;
  readonly image: string;
  readonly classes: string;
  readonly depth: string;
  /** What its size is in the message. */
  readonly size: string;
}

export const pictures: Readonly<Record<string, Layout>> = {
  cityscapes: {
    options: { name: 'cityscapes', size: [8, 20] },
    image: `leftImg8bit/${aachen}_leftImg8bit.png`,
    classes: `gtFine/${aachen}_gtFine_labelIds.png`,
    depth: `disparity/${aachen}_disparity.png`,
    size: '8×20',
  },
  folders: {
    options: {
      name: 'folders',
      size: [8, 20],
      rgb: 'leftImg8bit/**/*.png',
      labels: { files: 'gtFine/**/*_labelIds.png', classes: 34 },
      depth: { files: 'disparity/**/*.png' },
      suffix: { rgb: '_leftImg8bit', labels: '_gtFine_labelIds', depth: '_disparity' },
      split: { train: 'train/**', val: 'val/**', test: 'test/**' },
    },
    image: `leftImg8bit/${aachen}_leftImg8bit.png`,
    classes: `gtFine/${aachen}_gtFine_labelIds.png`,
    depth: `disparity/${aachen}_disparity.png`,
    size: '8×20',
  },
};

export const arrays: Readonly<Record<string, Layout>> = {
  'cityscapes-npy': {
    options: { name: 'cityscapes', size: [4, 6] },
    image: 'train/image/2.npy',
    classes: 'train/label_7/2.npy',
    depth: 'train/depth/2.npy',
    size: '4×6',
  },
  'nyuv2-npy': {
    options: { name: 'nyuv2', size: [4, 6] },
    image: 'train/image/0.npy',
    classes: 'train/label/0.npy',
    depth: 'train/depth/0.npy',
    size: '4×6',
  },
};

export const layouts = { ...pictures, ...arrays };

export function layoutOf(name: string): Layout {
  const layout = layouts[name];
  if (!layout) throw new Error(`no layout ${name}`);
  return layout;
}

interface Copies {
  readonly copy: (layout: string) => Promise<{ root: string; dataset: Dataset }>;
  /** What opening the training split says after one file was damaged. */
  readonly damaged: (
    layout: string,
    kind: 'image' | 'classes' | 'depth',
    damage: (file: string, bytes: Buffer) => Promise<unknown>,
  ) => Promise<MtlError>;
}

/** Copies of the good files, removed after the suite. */
export function copiesToDamage(): Copies {
  const folder = temporaryFolder();
  let copies = 0;

  async function copy(layout: string): Promise<{ root: string; dataset: Dataset }> {
    const root = join(folder.path, String(copies++));
    await cp(join(fixtures, layout === 'folders' ? 'cityscapes' : layout), root, { recursive: true });
    return { root, dataset: makeDataset({ ...layoutOf(layout).options, root }) };
  }

  async function damaged(
    layout: string,
    kind: 'image' | 'classes' | 'depth',
    damage: (file: string, bytes: Buffer) => Promise<unknown>,
  ): Promise<MtlError> {
    const { root, dataset } = await copy(layout);
    const file = join(root, layoutOf(layout)[kind]);
    await damage(file, await readFile(file));
    const error = await failure(dataset.split('train'));
    expect(error.message).to.contain(file);
    return error;
  }

  return { copy, damaged };
}
