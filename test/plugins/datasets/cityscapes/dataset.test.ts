import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Dataset, Raster, Sample, SplitName } from '../../../../core/index.js';
import { fixtureJson, fixtures, type ExpectedSamples } from '../fixtures.js';
import { failure, makeDataset, registry } from '../make.js';

type Key = 'image' | 'classes7' | 'classes19' | 'inverse' | 'metres';
const official = fixtureJson('cityscapes/expected.json') as ExpectedSamples<Key>;
const halves = fixtureJson('cityscapes/expected.json') as {
  samples: Record<string, { half: { classes7: number[]; inverse: number[] } }>;
};
const npy = fixtureJson('cityscapes-npy/expected.json') as ExpectedSamples<Key>;

const size = [official.height, official.width];
const aachen = 'aachen_000000_000019';
const zurich = 'zurich_000001_000019';
const munster = 'munster_000002_000019';

function make(options: Record<string, unknown> = {}): Dataset {
  return makeDataset({ name: 'cityscapes', root: join(fixtures, 'cityscapes'), size, ...options });
}

function makeNpy(options: Record<string, unknown> = {}): Dataset {
  const root = join(fixtures, 'cityscapes-npy');
  return makeDataset({ name: 'cityscapes', root, size: [npy.height, npy.width], ...options });
}

async function samplesOf(dataset: Dataset, name: SplitName): Promise<Record<string, Sample>> {
  const split = await dataset.split(name);
  const samples = await Promise.all(Array.from({ length: split.length }, (_, index) => split.sample(index)));
  return Object.fromEntries(samples.map((sample) => [sample.id, sample]));
}

function values(map: Raster | undefined): number[] {
  return [...map!.data];
}

describe('cityscapes: as published', () => {
  it('gives the images, classes and inverse depth that METHOD §4 says', async () => {
    const dataset = make();
    const samples = { ...(await samplesOf(dataset, 'train')), ...(await samplesOf(dataset, 'val')) };
    expect(Object.keys(samples)).to.deep.equal([aachen, zurich, munster]);
    for (const [name, { image, labels }] of Object.entries(samples)) {
      const expected = official.samples[name]!;
      expect(values(image)).to.deep.equal(expected.image);
      expect(values(labels.segmentation)).to.deep.equal(expected.classes7);
      expect(values(labels.depth)).to.deep.equal(expected.inverse);
      expect(labels.segmentation!.data).to.be.instanceOf(Uint8Array);
      expect(labels.depth!.data).to.be.instanceOf(Float32Array);
    }
  });

  it('gives 19 classes, and metres by the camera file or the usual camera', async () => {
    const samples = await samplesOf(make({ classes: 19, depth: 'metres' }), 'train');
    for (const [name, { labels }] of Object.entries(samples)) {
      const expected = official.samples[name]!;
      expect(values(labels.segmentation)).to.deep.equal(expected.classes19);
      labels.depth!.data.forEach((metres, at) => {
        expect(metres).to.be.closeTo(expected.metres[at]!, expected.metres[at]! * 1e-6);
      });
    }
    const near = await samplesOf(make({ depth: 'metres', maxDepth: 10 }), 'train');
    near[aachen]!.labels.depth!.data.forEach((metres, at) => {
      const full = official.samples[aachen]!.metres[at]!;
      expect(metres).to.be.closeTo(full > 10 ? 0 : full, 1e-4);
    });
  });

  it('describes its labels', () => {
    const { segmentation, depth } = make().labels;
    expect(segmentation).to.deep.include({
      kind: 'classes',
      names: ['flat', 'construction', 'object', 'nature', 'sky', 'human', 'vehicle'],
      void: 255,
    });
    expect(depth).to.include({ kind: 'scalar', unit: '1/m', zoom: 'keep' });
    const other = make({ classes: 19, depth: 'metres', maxDepth: 50 }).labels;
    expect(other.segmentation?.kind === 'classes' && other.segmentation.names[18]).to.equal('bicycle');
    expect(other.depth).to.deep.equal({ kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 50] });
    expect(Object.keys(make({ labels: ['depth'] }).labels)).to.deep.equal(['depth']);
    expect(makeDataset({ name: 'cityscapes' }).size).to.deep.equal({ height: 128, width: 256 });
  });

  it('resizes labels by the pixel that a centre falls into, before it converts them', async () => {
    const samples = await samplesOf(make({ size: [4, 10] }), 'train');
    for (const [name, { image, labels }] of Object.entries(samples)) {
      expect(image).to.include({ height: 4, width: 10 });
      const { half } = halves.samples[name]!;
      expect(values(labels.segmentation)).to.deep.equal(half.classes7);
      expect(values(labels.depth)).to.deep.equal(half.inverse);
    }
  });

  it('reads only what is asked for, and names its files', async () => {
    const split = await make({ depth: 'metres' }).split('train');
    const root = join(fixtures, 'cityscapes');
    expect(split.files!(1)).to.deep.equal([
      join(root, `leftImg8bit/train/zurich/${zurich}_leftImg8bit.png`),
      join(root, `gtFine/train/zurich/${zurich}_gtFine_labelIds.png`),
      join(root, `disparity/train/zurich/${zurich}_disparity.png`),
      join(root, `camera/train/zurich/${zurich}_camera.json`),
    ]);
    expect(split.files!(0)).to.have.length(3);
    const some = await make({ labels: ['segmentation'] }).split('train');
    expect(some.files!(1)).to.have.length(2);
    expect(Object.keys((await some.sample(0)).labels)).to.deep.equal(['segmentation']);
  });

  it('has no test split but by holding training cities out', async () => {
    const { code, message } = await failure(make().split('test'));
    expect(code).to.equal('DATA_INVALID');
    expect(message).to.match(/labels of the official test cities are not public; .*holdOut: \[zurich\]/);
    const held = make({ holdOut: ['zurich'] });
    expect(Object.keys(await samplesOf(held, 'train'))).to.deep.equal([aachen]);
    expect(Object.keys(await samplesOf(held, 'val'))).to.deep.equal([zurich]);
    expect(Object.keys(await samplesOf(held, 'test'))).to.deep.equal([munster]);
    const absent = await failure(make({ holdOut: ['zurich', 'ulm'] }).split('val'));
    expect(absent.message).to.match(
      /the val split: expected images in .*\{zurich,ulm\}, found none of ulm; check/,
    );
    const all = await failure(make({ holdOut: ['zurich', 'aachen'] }).split('train'));
    expect(all.message).to.match(
      /the train split: expected images in .*, found none; check dataset\.holdOut/,
    );
  });

  it('refuses options that do not fit', () => {
    const wrong = (options: object): string =>
      registry.problems('dataset', { name: 'cityscapes', ...options }, 'dataset').join();
    expect(wrong({ holdOut: ['munster'] })).to.match(/dataset\.holdOut\[0\]/);
    expect(wrong({ maxDepth: 80 })).to.match(/dataset\.maxDepth: expected depth: metres beside it/);
    expect(wrong({ classes: 8 })).to.match(/dataset\.classes/);
    expect(wrong({ depth: 'metres', maxDepth: 80, classes: 19, holdOut: ['ulm'] })).to.equal('');
  });

  describe('where cities or files are not as published', () => {
    let root = '';
    beforeEach(async () => {
      root = await mkdtemp(join(tmpdir(), 'cityscapes-'));
      await cp(join(fixtures, 'cityscapes'), root, { recursive: true });
    });
    afterEach(() => rm(root, { recursive: true, force: true }));
    const open = (name: SplitName = 'train', options = {}): Promise<Error> =>
      failure(make({ root, ...options }).split(name));

    it('refuses a validation city among the training ones, from either side', async () => {
      await rename(join(root, 'leftImg8bit/val/munster'), join(root, 'leftImg8bit/train/munster'));
      for (const name of ['train', 'val'] as const) {
        const { message } = await open(name);
        expect(message).to.match(
          /leftImg8bit\/train: expected only cities of the train split .*, found "munster", a city of val; move it to leftImg8bit\/val/,
        );
      }
    });

    it('refuses a file of another city, and a city that is none', async () => {
      const file = `${munster}_leftImg8bit.png`;
      await rename(join(root, 'leftImg8bit/val/munster', file), join(root, 'leftImg8bit/train/aachen', file));
      expect((await open()).message).to.match(
        /expected only files of aachen, whose names start with "aachen_", found "munster_/,
      );
      await mkdir(join(root, 'leftImg8bit/train/tokyo'));
      expect((await open()).message).to.match(/found "tokyo"; for pictures of your own/);
    });

    it('refuses images without labels and labels without images, unless allowMissing', async () => {
      await rm(join(root, `gtFine/train/aachen/${aachen}_gtFine_labelIds.png`));
      await rm(join(root, `leftImg8bit/train/zurich/${zurich}_leftImg8bit.png`));
      await rm(join(root, `disparity/train/zurich/${zurich}_disparity.png`));
      const { message } = await open();
      expect(message.split('\n')).to.deep.equal([
        `${join(root, 'gtFine/train')}: expected one file for every image, found 1 files for 1 images`,
        `  1 images without a file: ${aachen}`,
        `  1 files without an image: ${zurich}`,
        '  Fetch gtFine and disparity again, or set `allowMissing: true` where images may lack labels',
      ]);
      // No image at all has a segmentation: that is no gap any more.
      expect((await open('train', { allowMissing: true })).message).to.match(
        /expected files for some images/,
      );
      await cp(join(fixtures, 'cityscapes/leftImg8bit'), join(root, 'leftImg8bit'), { recursive: true });
      const samples = await samplesOf(make({ root, allowMissing: true }), 'train');
      expect(Object.keys(samples[aachen]!.labels)).to.deep.equal(['depth']);
      expect(Object.keys(samples[zurich]!.labels)).to.deep.equal(['segmentation']);
    });

    it('says where nothing is found', async () => {
      await rm(join(root, 'leftImg8bit/val'), { recursive: true });
      await rm(join(root, 'gtFine/val'), { recursive: true });
      await rm(join(root, 'disparity/val'), { recursive: true });
      expect((await open('val')).message).to.match(
        /the val split: expected images in .*munster\}, found none; check/,
      );
      await rm(join(root, 'leftImg8bit'), { recursive: true });
      expect((await open()).message).to.match(
        /dataset\.root: expected leftImg8bit\/train\/CITY.*found neither in/,
      );
      await rm(root, { recursive: true });
      expect((await open()).message).to.match(/dataset\.root: expected a folder, found no folder at/);
    });

    it('says what is wrong with a camera file', async () => {
      const file = join(root, `camera/train/zurich/${zurich}_camera.json`);
      const metres = { depth: 'metres', labels: ['depth'], holdOut: ['zurich'] };
      for (const [content, found] of [
        ['{', /found .*JSON/],
        ['{"extrinsic": {"baseline": 0}, "intrinsic": {"fx": 2000}}', /found at extrinsic\.baseline: /],
        ['{"extrinsic": {"baseline": 0.2}}', /found at intrinsic: /],
      ] as const) {
        await writeFile(file, content);
        const { message } = await open('val', metres);
        expect(message).to.match(
          /_camera\.json: expected a camera file with extrinsic\.baseline and intrinsic\.fx/,
        );
        expect(message).to.match(found);
      }
    });
  });
});

describe('cityscapes: preprocessed', () => {
  it('gives images, classes and inverse depth, in the order of the numbers', async () => {
    const [seven, nineteen] = [makeNpy(), makeNpy({ classes: 19, format: 'npy' })];
    expect(Object.keys(await samplesOf(seven, 'train'))).to.deep.equal(['2', '10']);
    for (const split of ['train', 'val'] as const) {
      const [a, b] = [await samplesOf(seven, split), await samplesOf(nineteen, split)];
      for (const [id, { image, labels }] of Object.entries(a)) {
        const expected = npy.samples[`${split}/${id}`]!;
        expect(values(image)).to.deep.equal(expected.image);
        expect(values(labels.segmentation)).to.deep.equal(expected.classes7);
        expect(values(b[id]!.labels.segmentation)).to.deep.equal(expected.classes19);
        expect(values(labels.depth)).to.deep.equal(expected.inverse);
      }
    }
  });

  it('gives metres by the usual camera, other sizes, and its files', async () => {
    const samples = await samplesOf(makeNpy({ depth: 'metres' }), 'train');
    samples[2]!.labels.depth!.data.forEach((metres, at) => {
      const inverse = npy.samples['train/2']!.inverse[at]!;
      const expected = inverse > 0 ? (0.209313 * 2262.52) / 256 / inverse : 0;
      expect(metres).to.be.closeTo(expected, expected * 1e-6);
    });
    const small = await makeNpy({ size: [2, 3] }).split('val');
    const { image, labels } = await small.sample(0);
    for (const map of [image, labels.segmentation, labels.depth])
      expect(map).to.include({ height: 2, width: 3 });
    const root = join(fixtures, 'cityscapes-npy/val');
    expect(small.files!(0)).to.deep.equal(
      ['image', 'label_7', 'depth'].map((kind) => join(root, kind, '0.npy')),
    );
  });

  it('has no cities to hold out and no test split', async () => {
    const test = await failure(makeNpy().split('test'));
    expect(test.message).to.match(/nothing to test on: the preprocessed files have train and val alone/);
    const held = await failure(makeNpy({ holdOut: ['ulm'] }).split('train'));
    expect(held.message).to.match(/dataset\.holdOut: expected the files as published/);
  });
});
