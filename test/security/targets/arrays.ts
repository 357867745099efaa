import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeNpy, parseNpy } from '../../../plugins/datasets/common/npy.js';
import { depthFromNpy, imageFromNpy } from '../../../plugins/datasets/common/npy-labels.js';
import { reading } from '../../../core/index.js';
import { parseMat5 } from '../../../plugins/datasets/common/mat5.js';
import { MatFile } from '../../../plugins/datasets/nyuv2/mat-file.js';
import { readSplits } from '../../../plugins/datasets/nyuv2/splits.js';
import { fixtures } from '../../plugins/datasets/fixtures.js';
import { makeDataset } from '../../plugins/datasets/make.js';
import { mutation } from '../mutations.js';
import type { TargetMaker } from './target.js';

const fixture = (...path: string[]): Buffer => readFileSync(join(fixtures, ...path));

export const npy: TargetMaker = () => {
  const image = encodeNpy({ type: 'u1', shape: [4, 5, 3], data: new Uint8Array(60).fill(7) });
  const depth = encodeNpy({ type: 'f8', shape: [4, 5], data: new Float64Array(20).fill(1.5) });
  return {
    files: new Map([
      ['image.npy', image],
      ['depth.npy', depth],
      ['fortran.npy', Buffer.from(depth.toString('latin1').replace('False', 'True '), 'latin1')],
      ['label.npy', fixture('nyuv2-npy', 'train', 'label', '0.npy')],
    ]),
    mutation,
    runs: 3000,
    most: 32,
    async read(file) {
      const array = await reading(file, 'a readable array', (bytes) => parseNpy(bytes, file));
      if (file.endsWith('image.npy')) imageFromNpy(array, file);
      else depthFromNpy(array, file, { height: 3, width: 3 });
    },
  };
};

export const mat5: TargetMaker = () => ({
  files: new Map([
    ['plain.mat', fixture('mat5.mat')],
    ['compressed.mat', fixture('mat5-compressed.mat')],
    ['splits.mat', fixture('nyuv2', 'splits.mat')],
  ]),
  mutation,
  runs: 3000,
  most: 64,
  async read(file) {
    if (file.endsWith('splits.mat')) await readSplits(file, 1449, 'test');
    else parseMat5(readFileSync(file), file);
  },
});

/** The MATLAB 7.3 file of NYUv2, which libhdf5 reads. */
export const hdf5: TargetMaker = (folder) => {
  const root = join(folder, 'nyuv2');
  mkdirSync(root);
  copyFileSync(join(fixtures, 'nyuv2', 'splits.mat'), join(root, 'splits.mat'));
  return {
    files: new Map([['nyu.mat', fixture('nyuv2', 'nyu_depth_v2_labeled.mat')]]),
    mutation,
    runs: 1000,
    most: 192,
    async read(changed) {
      const file = await MatFile.open(changed, ['images', 'labels', 'depths']);
      try {
        for (let index = 0; index < Math.min(file.length, 4); index++) {
          file.image(index);
          file.labels(index);
          file.depths(index);
        }
      } finally {
        file.close();
      }
    },
  };
};

/** A whole sample of preprocessed data, as a run reads it. */
export const npySample: TargetMaker = (folder) => {
  const root = join(folder, 'npy');
  for (const kind of ['image', 'label', 'depth']) {
    mkdirSync(join(root, 'train', kind), { recursive: true });
    copyFileSync(join(fixtures, 'nyuv2-npy', 'train', kind, '0.npy'), join(root, 'train', kind, '0.npy'));
  }
  return {
    files: new Map(
      ['image', 'label', 'depth'].map((kind) => [kind, fixture('nyuv2-npy', 'train', kind, '0.npy')]),
    ),
    mutation,
    runs: 400,
    most: 64,
    async read(changed) {
      const kind = ['image', 'label', 'depth'].find((name) => changed.endsWith(name))!;
      const place = join(root, 'train', kind, '0.npy');
      copyFileSync(changed, place);
      try {
        await makeDataset({ name: 'nyuv2', size: [4, 6], root }).split('train');
      } finally {
        copyFileSync(join(fixtures, 'nyuv2-npy', 'train', kind, '0.npy'), place);
      }
    },
  };
};
