import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Dataset, Sample, SplitName } from '../../../../core/index.js';
import { encodeMat5 } from '../../../../plugins/datasets/common/mat5.js';
import { MatFile } from '../../../../plugins/datasets/nyuv2/mat-file.js';
import { MatWriter } from '../../../../plugins/datasets/nyuv2/mat-writer.js';
import { fixtureJson, fixtures, type ExpectedSamples } from '../fixtures.js';
import { failure, makeDataset } from '../make.js';
import { temporaryFolder } from '../pictures.js';

type Key = 'image' | 'depth' | 'classes13' | 'classes40' | 'normals';
const mat = fixtureJson('nyuv2/expected.json') as ExpectedSamples<Key>;
const halves = fixtureJson('nyuv2/expected.json') as {
  samples: Record<string, { half: { depth: number[] } }>;
};
const npy = fixtureJson('nyuv2-npy/expected.json') as ExpectedSamples<Key>;

function make(options: Record<string, unknown> = {}): Dataset {
  return makeDataset({
    name: 'nyuv2',
    root: join(fixtures, 'nyuv2'),
    size: [mat.height, mat.width],
    ...options,
  });
}

function makeNpy(options: Record<string, unknown> = {}): Dataset {
  const root = join(fixtures, 'nyuv2-npy');
  return makeDataset({ name: 'nyuv2', root, size: [npy.height, npy.width], ...options });
}

async function samplesOf(dataset: Dataset, name: SplitName): Promise<Sample[]> {
  const split = await dataset.split(name);
  return Promise.all(Array.from({ length: split.length }, (_, index) => split.sample(index)));
}

async function idsOf(dataset: Dataset, name: SplitName): Promise<string[]> {
  return (await samplesOf(dataset, name)).map(({ id }) => id);
}

describe('nyuv2: as published', () => {
  it('gives the images, classes and metres that h5py wrote', async () => {
    const [thirteen, forty] = [make(), make({ classes: 40 })];
    for (const name of ['train', 'test'] as const) {
      const others = await samplesOf(forty, name);
      for (const [index, { id, image, labels }] of (await samplesOf(thirteen, name)).entries()) {
        const expected = mat.samples[id]!;
        expect(image).to.deep.equal({
          height: mat.height,
          width: mat.width,
          channels: 3,
          data: Uint8Array.from(expected.image),
        });
        expect([...labels.segmentation!.data]).to.deep.equal(expected.classes13);
        expect([...others[index]!.labels.segmentation!.data]).to.deep.equal(expected.classes40);
        expect(labels.depth!.data).to.deep.equal(Float32Array.from(expected.depth));
      }
    }
  });

  it('divides as splits.mat says; val is test, or a part of train', async () => {
    const dataset = make();
    expect(await idsOf(dataset, 'train')).to.deep.equal(['1', '3', '4']);
    expect(await idsOf(dataset, 'test')).to.deep.equal(['2', '5']);
    expect(await idsOf(dataset, 'val')).to.deep.equal(['2', '5']);
    const apart = make({ val: { fraction: 0.34, seed: 1 } });
    const [train, val] = [await idsOf(apart, 'train'), await idsOf(apart, 'val')];
    expect([train.length, val.length]).to.deep.equal([2, 1]);
    expect([...train, ...val].sort()).to.deep.equal(['1', '3', '4']);
    expect(await idsOf(make({ val: { fraction: 0.34, seed: 1 } }), 'val')).to.deep.equal(val);
    expect(await idsOf(apart, 'test')).to.deep.equal(['2', '5']);
    const { message } = await failure(make({ val: 'listed' }).split('val'));
    expect(message).to.match(
      /splits\.mat: expected a list "valNdxs", found trainNdxs, testNdxs; set dataset\.val/,
    );
  });

  it('resizes, describes itself and names its files', async () => {
    const dataset = make({ size: [3, 4] });
    const split = await dataset.split('train');
    const { image, labels } = await split.sample(0);
    expect(image).to.include({ height: 3, width: 4 });
    expect([...labels.depth!.data]).to.deep.equal(halves.samples['1']!.half.depth);
    const root = join(fixtures, 'nyuv2');
    expect(split.files!(0)).to.deep.equal([join(root, 'nyu_depth_v2_labeled.mat'), join(root, 'splits.mat')]);
    expect(dataset.labels.depth).to.deep.equal({ kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] });
    expect(makeDataset({ name: 'nyuv2' }).size).to.deep.equal({ height: 288, width: 384 });
  });

  it('gives normals from depth by the Kinect’s camera: of a wall across, all towards it', async () => {
    const root = await mkdtemp(join(tmpdir(), 'nyuv2-'));
    const size = { height: 48, width: 64 };
    const writer = await MatWriter.create(join(root, 'nyu_depth_v2_labeled.mat'), 1, size);
    const depth = { ...size, channels: 1, data: new Float32Array(48 * 64).fill(2) };
    depth.data.fill(0, 0, 10);
    writer.depth(0, depth);
    writer.finish();
    await writeFile(join(root, 'splits.mat'), encodeMat5({ trainNdxs: [1], testNdxs: [] }));
    const options = { root, size: [24, 32], labels: [], normals: 'fromDepth' };
    const { labels } = (await samplesOf(make(options), 'train'))[0]!;
    expect(Object.keys(labels)).to.deep.equal(['normals']);
    expect(labels.normals).to.include({ height: 24, width: 32, channels: 3 });
    const last = [...labels.normals!.data.subarray(-3)];
    expect(last[2]).to.be.closeTo(-1, 1e-6);
    expect((await failure(make(options).split('test'))).message).to.match(
      /the test split: expected samples listed/,
    );
    await rm(root, { recursive: true });
  });

  it('needs splits.mat, and says where it is to be had', async () => {
    const { code, message } = await failure(make({ splits: 'nowhere.mat' }).split('train'));
    expect(code).to.equal('DATA_INVALID');
    expect(message).to.match(
      /dataset\.splits: expected .* at .*nyuv2\/nowhere\.mat, found ENOENT.*; put splits\.mat \(http/,
    );
  });

  it('refuses normals that the file does not hold', async () => {
    const { message } = await failure(make({ normals: 'files' }).split('train'));
    expect(message).to.match(/dataset\.normals: expected fromDepth or none, found "files"/);
  });

  describe('of a broken file', () => {
    const folder = temporaryFolder();
    const open = (root: string, options = {}): Promise<Error & { code: string }> =>
      failure(make({ root, ...options }).split('train'));

    it('names a file that is torn, or no HDF5', async () => {
      const root = join(folder.path, 'torn');
      await cp(join(fixtures, 'nyuv2'), root, { recursive: true });
      const file = join(root, 'nyu_depth_v2_labeled.mat');
      await truncate(file, 5000);
      const torn = await open(root);
      expect(torn.code).to.equal('DATA_INVALID');
      expect(torn.message).to.match(
        /_labeled\.mat: expected a whole MATLAB 7\.3 file \(HDF5\), found truncated file/,
      );
      await writeFile(file, 'no such file');
      expect((await open(root)).message).to.match(/found file signature not found; fetch/);
    });

    it('names the array that is absent or something else', async () => {
      const root = join(folder.path, 'arrays');
      const { File } = await import('h5wasm/node');
      await folder.write('arrays/splits.mat', encodeMat5({ trainNdxs: [1], testNdxs: [] }));
      const path = join(root, 'nyu_depth_v2_labeled.mat');
      const write = async (
        arrays: Record<string, [Uint8Array | Uint16Array | Float32Array, number[]]>,
      ): Promise<void> => {
        await rm(path, { force: true });
        const file = new File(path, 'w');
        for (const [name, [data, shape]] of Object.entries(arrays))
          file.create_dataset({ name, data, shape });
        file.close();
      };
      const images = [new Uint8Array(12), [1, 3, 2, 2]] as [Uint8Array, number[]];
      await write({ images });
      expect((await open(root)).message).to.match(
        /expected an array "labels" of uint16 with 3 dimensions, found none/,
      );
      await write({ images, labels: [new Uint8Array(4), [1, 2, 2]] });
      expect((await open(root)).message).to.match(/"labels" of uint16 .*, found "<B" of shape \[1, 2, 2\]/);
      await write({
        images,
        labels: [new Uint16Array(4).fill(1), [1, 2, 2]],
        depths: [new Float32Array(6), [1, 2, 3]],
      });
      expect((await open(root)).message).to.match(
        /same number and size, at most 4096×4096, found "depths" of shape \[1, 2, 3\]/,
      );
      await write({
        images,
        labels: [new Uint16Array(4).fill(900), [1, 2, 2]],
        depths: [new Float32Array(4), [1, 2, 2]],
      });
      const unknown = await open(root);
      expect(unknown.code).to.equal('SAMPLE_INVALID');
      expect(unknown.message).to.match(
        /_labeled\.mat, sample 1: expected only class values 0–894, found 900/,
      );
      await write({
        images,
        labels: [new Uint16Array(4), [1, 2, 2]],
        depths: [new Float32Array(4), [1, 2, 2]],
      });
      expect((await open(root)).message).to.match(
        /sample 1: expected a class map .*, found all void; set allowMissing/,
      );
      const split = await make({ root, allowMissing: true }).split('train');
      expect((await split.sample(0)).labels).to.deep.equal({});
    });

    it('reads, or says what is wrong with, any file', async () => {
      const good = await readFile(join(fixtures, 'nyuv2/nyu_depth_v2_labeled.mat'));
      const edits = fc.array(fc.tuple(fc.integer({ min: 512, max: good.length }), fc.nat(255)), {
        minLength: 1,
        maxLength: 40,
      });
      let count = 0;
      const property = fc.asyncProperty(edits, async (changes) => {
        const mutated = Buffer.from(good);
        for (const [at, value] of changes) mutated[at] = value;
        // A file of its own each time: libhdf5 remembers those that it has seen.
        const file = await folder.write(`mutated/${count++}.mat`, mutated);
        try {
          const opened = await MatFile.open(file, ['images', 'labels', 'depths']);
          try {
            for (const read of ['image', 'labels', 'depths'] as const) opened[read](0);
          } finally {
            opened.close();
          }
        } catch (error) {
          expect(error).to.have.property('name', 'MtlError');
          expect(error).to.have.property('code').that.is.oneOf(['DATA_INVALID', 'SAMPLE_INVALID']);
        }
      });
      await fc.assert(property, { numRuns: 150 });
    });

    it('names what is wrong with splits.mat', async () => {
      const root = join(folder.path, 'splits');
      await cp(join(fixtures, 'nyuv2'), root, { recursive: true });
      for (const [lists, found] of [
        [{ trainNdxs: [1, 6], testNdxs: [2] }, /each of the samples 1–5 at most once in all lists, found 6/],
        [{ trainNdxs: [1, 0], testNdxs: [2] }, /found 0;/],
        [{ trainNdxs: [1, 2], testNdxs: [2] }, /found 2 twice/],
        [{ trainNdxs: [1] }, /expected a list "testNdxs", found trainNdxs/],
      ] as const) {
        await writeFile(join(root, 'splits.mat'), encodeMat5(lists));
        const { code, message } = await open(root);
        expect(code).to.equal('DATA_INVALID');
        expect(message).to.match(found).and.to.contain('splits.mat');
      }
    });
  });
});

describe('nyuv2: preprocessed', () => {
  it('gives images, classes, metres and normals', async () => {
    const dataset = makeNpy({ normals: 'files' });
    for (const name of ['train', 'val'] as const) {
      for (const { id, image, labels } of await samplesOf(dataset, name)) {
        const expected = npy.samples[`${name}/${id}`]!;
        expect([...image.data]).to.deep.equal(expected.image);
        expect([...labels.segmentation!.data]).to.deep.equal(expected.classes13);
        expect([...labels.depth!.data]).to.deep.equal(expected.depth);
        expect([...labels.normals!.data]).to.deep.equal(expected.normals);
      }
    }
    expect(await idsOf(dataset, 'train')).to.deep.equal(['0', '1']);
  });

  it('turns axes of the normals round', async () => {
    const [{ labels }] = (await samplesOf(
      makeNpy({ normals: 'files', normalSigns: [1, -1, -1], labels: [] }),
      'val',
    )) as [Sample];
    const expected = npy.samples['val/0']!.normals;
    labels.normals!.data.forEach((value, at) => {
      expect(value).to.equal(at % 3 === 0 || expected[at] === 0 ? expected[at] : -expected[at]!);
    });
  });

  it('refuses what it does not hold', async () => {
    for (const [options, message] of [
      [{ classes: 40 }, /dataset\.classes: expected 13, found 40/],
      [{ normals: 'fromDepth' }, /dataset\.normals: expected files or none, found "fromDepth"/],
      [{ val: { fraction: 0.1 } }, /dataset\.val: expected test/],
    ] as const) {
      expect((await failure(makeNpy(options).split('train'))).message).to.match(message);
    }
    const test = await failure(makeNpy().split('test'));
    expect(test.message).to.match(/the test split: expected images in .*test\/image, found no \.npy files/);
    const nowhere = await failure(makeNpy({ root: join(fixtures, 'cityscapes') }).split('train'));
    expect(nowhere.message).to.match(/dataset\.root: expected nyu_depth_v2_labeled\.mat .*, found neither/);
  });
});
