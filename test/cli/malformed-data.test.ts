import { join } from 'node:path';
import { expect } from 'chai';
import { png16, png8 } from '../plugins/datasets/pictures.js';
import { expectOneError, filesIn, mtlHere, tiny, workFolder, write } from './mtl.js';

type Kind = 'rgb' | 'labels' | 'depth';
const pixels = 32 * 32;
const names = ['a', 'b', 'c', 'd', 'e', 'f'];

const rgb = (height = 32): Promise<Buffer> => png8(32, 3, new Array<number>(32 * height * 3).fill(90));
const labels = (value = 1, height = 32): Promise<Buffer> =>
  png8(32, 1, new Array<number>(32 * height).fill(value));
const depth = (height = 32): Promise<Buffer> => png16(32, 1, new Array<number>(32 * height).fill(1500));
const shallow = (): Promise<Buffer> => png8(32, 1, new Array<number>(pixels).fill(7));

const folders = {
  name: 'folders',
  root: './data',
  size: [32, 32],
  rgb: 'rgb/*.png',
  labels: { files: 'labels/*.png', classes: ['floor', 'wall'] },
  depth: { files: 'depth/*.png' },
  split: { train: ['a', 'b', 'c', 'd'], val: 'e', test: 'f' },
};

/** Data that cannot be trained on, and what is said about it. */
interface Case {
  readonly what: string;
  /** Changed options of the data set. */
  readonly options?: object;
  /** Files that are not as they should be: `KIND/NAME`; null = absent. */
  readonly files?: Readonly<Record<string, (() => Promise<Buffer>) | null>>;
  readonly says: RegExp;
  /** Exit code; 1 by default: the config is right, its data are not. */
  readonly code?: number;
}

const cases: readonly Case[] = [
  {
    what: 'a folder that is not there',
    options: { root: './dta' },
    says: /dataset\.root: expected a folder, found no folder at FOLDER\/dta/,
  },
  {
    what: 'a glob that finds nothing',
    options: { rgb: 'images/*.png' },
    says: /dataset\.rgb: expected a glob that finds at least one file, found .*"images\/\*\.png" in FOLDER\/data/,
  },
  {
    what: 'an image without labels',
    files: { 'labels/b': null },
    says: /dataset\.labels\.files: .*found 5 files for 6 images\n.*without a file: b\n.*allowMissing/s,
  },
  {
    what: 'labels without an image',
    files: { 'rgb/b': null },
    says: /dataset\.labels\.files: .*found 6 files for 5 images\n.*without an image: b\n/s,
  },
  {
    what: 'labels of another size',
    files: { 'labels/a': () => labels(1, 16) },
    says: /FOLDER\/data\/labels\/a\.png: .*FOLDER\/data\/rgb\/a\.png, 32×32.*found 16×32/,
  },
  {
    what: 'depth of another size in the midst of the data',
    files: { 'depth/c': () => depth(16) },
    says: /FOLDER\/data\/depth\/c\.png: .*32×32.*found 16×32/,
  },
  {
    what: 'depth of 8 bits',
    files: { 'depth/a': shallow },
    says: /FOLDER\/data\/depth\/a\.png: expected a depth picture of 16 bits, found 8 bits/,
  },
  {
    what: 'a class that there is not',
    files: { 'labels/d': () => labels(2) },
    says: /FOLDER\/data\/labels\/d\.png: expected only class values 0–1, 255, found 2; .*labels\.map/,
  },
  {
    what: 'a truncated picture',
    files: { 'rgb/b': async () => (await rgb()).subarray(0, 60) },
    says: /FOLDER\/data\/rgb\/b\.png: expected a readable picture/,
  },
  {
    what: 'a picture that is none',
    files: { 'rgb/a': () => Promise.resolve(Buffer.from('no picture')) },
    says: /FOLDER\/data\/rgb\/a\.png: expected a readable picture/,
  },
  {
    what: 'an empty part',
    options: { split: { train: '*', val: 'z*' } },
    says: /dataset\.split\.val: expected at least one of the 6 samples/,
  },
  {
    what: 'a sample in two parts',
    options: { split: { train: '*', val: 'e' } },
    says: /dataset\.split: .*found "e" in train and in val/,
  },
  {
    what: 'no part to validate on',
    options: { split: { train: '*' } },
    says: /dataset\.split: expected a part "val"/,
  },
  {
    what: 'shares above 1',
    options: { split: { train: 0.8, val: 0.4 } },
    says: /dataset\.split: expected shares above 0 that add up to at most 1/,
    code: 2,
  },
  {
    what: 'a list of names that is not there',
    options: { split: { train: { list: 'train.txt' }, val: 'e' } },
    says: /dataset\.split: .*FOLDER\/data\/train\.txt/,
  },
  {
    what: 'a size that no ResNet takes',
    options: { size: [33, 32] },
    says: /dataset\.size: expected .*multiples of 32.*found \[33, 32\]; try \[32, 32\]/,
  },
  {
    what: 'a class in the list of void values',
    options: { labels: { ...folders.labels, void: [1] } },
    says: /dataset\.labels\.void\[0\]: expected a value that is no class id.*found 1/,
    code: 2,
  },
  { what: 'no size', options: { size: undefined }, says: /dataset\.size: expected .*found nothing/, code: 2 },
  {
    what: 'no depth for a task that needs it',
    options: { depth: undefined },
    says: /tasks\.depth\.label: expected the name of scalar labels in the data set, which has segmentation \(classes\), found "depth"/,
    code: 2,
  },
];

describe('mtl train with malformed data', () => {
  const work = workFolder();

  async function folderOf({ options = {}, files = {} }: Case, name: string): Promise<string> {
    const folder = join(work.path, name);
    const makers: Readonly<Record<Kind, () => Promise<Buffer>>> = { rgb, labels, depth };
    for (const [kind, make] of Object.entries(makers)) {
      for (const sample of names) {
        const given = files[`${kind}/${sample}`];
        if (given !== null) write(folder, `data/${kind}/${sample}.png`, await (given ?? make)());
      }
    }
    write(folder, 'mtl.config.json', JSON.stringify({ ...tiny, dataset: { ...folders, ...options } }));
    return folder;
  }

  for (const [index, example] of cases.entries()) {
    it(`${example.what}: one clear error, nothing written`, async () => {
      const folder = await folderOf(example, String(index));
      const { code, stderr } = await mtlHere(['train', '--run', 'run'], folder);
      expectOneError(stderr, folder, example.says);
      expect({ code, files: filesIn(join(folder, 'run')) }).to.deep.equal({
        code: example.code ?? 1,
        files: [],
      });
    });
  }
});
