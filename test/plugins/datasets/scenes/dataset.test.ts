import { expect } from 'chai';
import {
  definePlugin,
  MtlError,
  Registry,
  RunContainer,
  tokens,
  type Dataset,
  type Raster,
  type Sample,
  type SplitName,
} from '../../../../core/index.js';
import { scenes } from '../../../../plugins/datasets/scenes/index.js';

const registry = new Registry([definePlugin({ name: 'test', datasets: { scenes } })]);
const small = { size: [24, 48], train: 3, val: 2, test: 2 };

function make(options: Record<string, unknown> = {}, seed = 0): Dataset {
  const deps = new RunContainer().provide(tokens.seed, seed);
  return registry.create('dataset', { name: 'scenes', ...small, ...options }, deps);
}

async function sampleOf(dataset: Dataset, split: SplitName, index: number): Promise<Sample> {
  return (await dataset.split(split)).sample(index);
}

function bytes(map: Raster | undefined): Buffer {
  if (!map) throw new Error('the sample lacks the map');
  return Buffer.from(map.data.buffer, map.data.byteOffset, map.data.byteLength);
}

function allBytes(sample: Sample): Buffer {
  return Buffer.concat([sample.image, ...Object.values(sample.labels)].map(bytes));
}

async function failure(action: () => unknown): Promise<MtlError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof MtlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('scenes: data set', () => {
  it('gives images and labels of its size, with values in their ranges', async () => {
    for (const [height, width] of [
      [24, 48],
      [33, 65],
      [40, 20],
      [1, 1],
    ] as const) {
      const dataset = make({ size: [height, width] });
      expect(dataset.size).to.deep.equal({ height, width });
      const { image, labels, ...sample } = await sampleOf(dataset, 'train', 0);
      expect(sample).to.deep.equal({ id: 'train/0', height, width });
      const { segmentation, depth, normals } = labels;
      for (const [map, channels, type] of [
        [image, 3, Uint8Array],
        [segmentation, 1, Uint8Array],
        [depth, 1, Float32Array],
        [normals, 3, Float32Array],
      ] as const) {
        expect(map).to.include({ height, width, channels });
        expect(map?.data).to.be.instanceOf(type);
        expect(map?.data).to.have.length(height * width * channels);
      }
      expect(Math.max(...segmentation!.data)).to.be.below(7);
      expect(Math.min(...depth!.data)).to.be.at.least(0);
      expect(Math.max(...depth!.data)).to.be.at.most(80);
    }
  });

  it('describes its labels', () => {
    const { labels } = make({ maxDepth: 50 });
    expect(Object.keys(labels)).to.deep.equal(['segmentation', 'depth', 'normals']);
    const { segmentation, depth, normals } = labels;
    expect(segmentation).to.deep.include({
      kind: 'classes',
      names: ['ground', 'building', 'object', 'tree', 'sky', 'person', 'vehicle'],
      void: 255,
    });
    expect(segmentation?.kind === 'classes' && segmentation.colors).to.have.length(7);
    expect(depth).to.deep.equal({ kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 50] });
    expect(normals).to.deep.equal({ kind: 'directions' });
    expect(make({ depth: 'inverse' }).labels.depth).to.include({ unit: '1/m', zoom: 'keep' });
  });

  it('says of whole images which weather it is and how many vehicles are seen', async () => {
    const dataset = make({ train: 60, labels: ['segmentation', 'weather', 'vehicles'] });
    const { weather, vehicles } = dataset.labels;
    const names = ['clear', 'hazy', 'overcast', 'stormy', 'dusk', 'dust'];
    expect(weather).to.deep.equal({ kind: 'imageClass', names });
    expect(vehicles).to.deep.equal({ kind: 'imageNumber', unit: 'vehicles' });
    const split = await dataset.split('train');
    const seen = new Set<number>();
    for (let index = 0; index < 60; index++) {
      const { labels } = await split.sample(index);
      for (const label of [labels.weather, labels.vehicles]) {
        expect(label).to.include({ height: 1, width: 1, channels: 1 });
      }
      seen.add(labels.weather!.data[0]!);
      // No vehicle without a pixel of the class, no pixel of it without a vehicle, and no more vehicles than pixels.
      const pixels = labels.segmentation!.data.filter((id) => id === 6).length;
      const count = labels.vehicles!.data[0]!;
      expect(Math.sign(count)).to.equal(Math.sign(pixels));
      expect(count).to.be.at.most(pixels);
    }
    expect([...seen].sort()).to.deep.equal([0, 1, 2, 3, 4, 5]);
  });

  it('gives images and maps that labels of the whole image leave as they are', async () => {
    const plain = await sampleOf(make(), 'train', 0);
    const more = await sampleOf(
      make({ labels: ['weather', 'vehicles', 'normals', 'depth', 'segmentation'] }),
      'train',
      0,
    );
    expect(bytes(more.image).equals(bytes(plain.image))).to.equal(true);
    for (const [name, map] of Object.entries(plain.labels)) {
      expect(bytes(more.labels[name]).equals(bytes(map))).to.equal(true);
    }
  });

  it('gives the same bytes every time, and others for another index, split or seed', async () => {
    const reference = allBytes(await sampleOf(make(), 'train', 0));
    expect(allBytes(await sampleOf(make(), 'train', 0)).equals(reference)).to.equal(true);
    for (const other of [
      await sampleOf(make(), 'train', 1),
      await sampleOf(make(), 'val', 0),
      await sampleOf(make(), 'test', 0),
      await sampleOf(make({ seed: 1 }), 'train', 0),
    ]) {
      expect(allBytes(other).equals(reference)).to.equal(false);
    }
  });

  it('takes labels from the training images but for a share, evenly, and leaves the images as they are', async () => {
    const [whole, part] = [make({ train: 10 }), make({ train: 10, labelled: 0.25 })];
    const labelled: number[] = [];
    for (let index = 0; index < 10; index++) {
      const [full, sample] = [await sampleOf(whole, 'train', index), await sampleOf(part, 'train', index)];
      expect(bytes(sample.image).equals(bytes(full.image))).to.equal(true);
      if (Object.keys(sample.labels).length === 0) continue;
      labelled.push(index);
      expect(allBytes(sample).equals(allBytes(full))).to.equal(true);
    }
    expect(labelled).to.deep.equal([0, 4, 8]);
    for (const split of ['val', 'test'] as const) {
      expect(Object.keys((await sampleOf(part, split, 1)).labels)).to.have.length(3);
    }
    expect(registry.problems('dataset', { name: 'scenes', labelled: 0 }, 'dataset')).to.deep.equal([
      'dataset.labelled: expected a number above 0 and of at most 1, found 0',
    ]);
  });

  it('does not change with the run’s seed', async () => {
    const samples = await Promise.all([1, 2].map((seed) => sampleOf(make({}, seed), 'train', 0)));
    expect(allBytes(samples[0]!).equals(allBytes(samples[1]!))).to.equal(true);
  });

  it('is a prefix of the data set with more images', async () => {
    const [few, many] = [make(), make({ train: 50, val: 9, test: 7 })];
    for (const [split, index] of [
      ['train', 2],
      ['val', 1],
      ['test', 1],
    ] as const) {
      const [a, b] = [await sampleOf(few, split, index), await sampleOf(many, split, index)];
      expect(allBytes(a).equals(allBytes(b))).to.equal(true);
    }
    expect((await many.split('train')).length).to.equal(50);
  });

  it('has no image twice, in a split or between them', async () => {
    const dataset = make({ size: [8, 16], train: 60, val: 30, test: 30 });
    const seen = new Set<string>();
    for (const split of ['train', 'val', 'test'] as const) {
      const samples = await dataset.split(split);
      for (let index = 0; index < samples.length; index++) {
        seen.add(allBytes(await samples.sample(index)).toString('base64'));
      }
    }
    expect(seen.size).to.equal(120);
  });

  it('stays what it is: a change of these counts is a change of the data set', async () => {
    const { segmentation } = (await sampleOf(make({ size: [32, 64] }), 'train', 1)).labels;
    const counts = Array.from(
      { length: 7 },
      (_, id) => segmentation!.data.filter((each) => each === id).length,
    );
    expect(counts).to.deep.equal([812, 366, 24, 309, 360, 137, 40]);
  });

  it('has depth 0 exactly where the sky is, when nothing is out of range', async () => {
    const dataset = make({ maxDepth: 1e9, size: [48, 96] });
    for (let index = 0; index < 3; index++) {
      const { segmentation, depth } = (await sampleOf(dataset, 'train', index)).labels;
      segmentation!.data.forEach((id, pixel) => expect(depth!.data[pixel] === 0).to.equal(id === 4));
    }
  });

  it('gives no depth beyond maxDepth and keeps it within', async () => {
    const [all, near] = [make(), make({ maxDepth: 10 })];
    const [full, cut] = await Promise.all([all, near].map((each) => sampleOf(each, 'train', 0)));
    const reference = full!.labels.depth!.data;
    cut!.labels.depth!.data.forEach((value, pixel) => {
      expect(value).to.equal(reference[pixel]! > 10 ? 0 : reference[pixel]);
    });
    expect(reference.some((value) => value > 10)).to.equal(true);
  });

  it('gives inverse depth as one over depth', async () => {
    const [metric, inverse] = [make(), make({ depth: 'inverse' })];
    const [a, b] = await Promise.all([metric, inverse].map((each) => sampleOf(each, 'train', 0)));
    a!.labels.depth!.data.forEach((metres, pixel) => {
      const value = b!.labels.depth!.data[pixel]!;
      if (metres === 0) expect(value).to.equal(0);
      else expect(metres * value).to.be.closeTo(1, 2e-7);
    });
  });

  it('leaves out labels that are not asked for and gives the others unchanged', async () => {
    const full = await sampleOf(make(), 'train', 0);
    const dataset = make({ labels: ['depth'] });
    const sample = await sampleOf(dataset, 'train', 0);
    expect(Object.keys(dataset.labels)).to.deep.equal(['depth']);
    expect(Object.keys(sample.labels)).to.deep.equal(['depth']);
    expect(bytes(sample.labels.depth).equals(bytes(full.labels.depth))).to.equal(true);
    expect(bytes(sample.image).equals(bytes(full.image))).to.equal(true);
  });

  it('refuses an empty split and an index outside', async () => {
    const empty = await failure(() => make({ val: 0 }).split('val'));
    expect(empty.code).to.equal('DATA_INVALID');
    expect(empty.message).to.contain('"val"');
    const split = await make().split('train');
    for (const index of [-1, 3, 0.5]) {
      const outside = await failure(() => split.sample(index));
      expect(outside.code).to.equal('SAMPLE_INVALID');
      expect(outside.message).to.contain('from 0 to 2').and.to.contain(String(index));
    }
  });

  it('refuses bad options by their key', async () => {
    for (const [options, key] of [
      [{ size: [0, 10] }, 'dataset.size'],
      [{ size: [10] }, 'dataset.size'],
      [{ train: -1 }, 'dataset.train'],
      [{ val: 1.5 }, 'dataset.val'],
      [{ depth: 'log' }, 'dataset.depth'],
      [{ maxDepth: 0 }, 'dataset.maxDepth'],
      [{ labels: [] }, 'dataset.labels'],
      [{ labels: ['edges'] }, 'dataset.labels'],
      [{ labels: ['weathers'] }, 'dataset.labels'],
      [{ fog: true }, 'dataset.fog'],
    ] as const) {
      const error = await failure(() => make(options));
      expect(error.code).to.equal('CONFIG_INVALID');
      expect(error.message).to.contain(key);
    }
  });
});
