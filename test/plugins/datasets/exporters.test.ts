import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Dataset, PartSpec, Raster, Sample, SplitName } from '../../../core/index.js';
import { exportTo, failure, makeDataset } from './make.js';
import { temporaryFolder } from './pictures.js';

const scenes = { name: 'scenes', size: [24, 48], train: 5, val: 4, test: 2 };
const all: readonly SplitName[] = ['train', 'val', 'test'];

type Bound = (value: number) => number;
/** By label, how far a value may come back from what it was; to the bit where there is none. */
type Bounds = Readonly<Record<string, Bound>>;

function check(sample: Sample, original: Sample, bounds: Bounds): void {
  const { height, width } = original;
  expect(sample).to.include({ height, width });
  expect(sample.image).to.deep.equal(original.image);
  for (const [name, map] of Object.entries(sample.labels))
    checkMap(map!, original.labels[name]!, bounds[name]);
}

function checkMap(found: Raster, original: Raster, bound: Bound | undefined): void {
  if (!bound) expect(found).to.deep.equal(original);
  else {
    found.data.forEach((value, at) => {
      const was = original.data[at]!;
      if (Math.abs(value - was) > bound(was)) expect(value, `value ${at}`).to.be.closeTo(was, bound(was));
    });
  }
}

describe('exporters', () => {
  const folder = temporaryFolder();
  let runs = 0;

  async function fresh(): Promise<string> {
    const place = join(folder.path, `export${runs++}`);
    await mkdir(place);
    return place;
  }

  /** Writes, reads back and compares every sample. */
  async function roundTrip(
    exporter: Parameters<typeof exportTo>[0],
    source: Dataset,
    names: readonly SplitName[],
    bounds: Bounds = {},
    labels = Object.keys(source.labels),
  ): Promise<{ options: PartSpec; loaded: Dataset; place: string }> {
    const place = await fresh();
    const options = await exportTo(exporter, source, names, place);
    const loaded = makeDataset(options);
    expect(loaded.size).to.deep.equal(source.size);
    expect(Object.keys(loaded.labels)).to.deep.equal(labels);
    for (const name of names) {
      const [written, read] = [await source.split(name), await loaded.split(name)];
      expect(read.length).to.equal(written.length);
      for (let index = 0; index < read.length; index++) {
        const sample = await read.sample(index);
        expect(Object.keys(sample.labels)).to.deep.equal(labels);
        check(sample, await written.sample(index), bounds);
        for (const file of read.files!(index)!) expect(file.startsWith(place)).to.equal(true);
      }
    }
    return { options, loaded, place };
  }

  const step =
    (greatest: number): Bound =>
    () =>
      greatest / 131070 + 1e-6;
  const direction: Bound = () => 2 / 255;

  it('folders: gives back images and classes; depth within half a step, normals within 0.4°', async () => {
    const { loaded } = await roundTrip('folders', makeDataset(scenes), all, {
      depth: step(80),
      normals: direction,
    });
    const { segmentation } = loaded.labels;
    expect(segmentation).to.deep.equal(makeDataset(scenes).labels.segmentation);
    const split = await loaded.split('train');
    const original = await makeDataset(scenes).split('train');
    const [found, was] = [await split.sample(0), await original.sample(0)].map(
      ({ labels }) => labels.normals!,
    );
    for (let at = 0; at < found!.data.length; at += 3) {
      const dot = [0, 1, 2].reduce((sum, axis) => sum + found!.data[at + axis]! * was!.data[at + axis]!, 0);
      const isSky = was!.data[at] === 0 && was!.data[at + 1] === 0 && was!.data[at + 2] === 0;
      expect(dot).to.be.at.least(isSky ? 0 : Math.cos((0.4 * Math.PI) / 180) - 1e-6);
    }
  });

  it('folders: inverse depth', async () => {
    const source = makeDataset({ ...scenes, depth: 'inverse', labels: ['depth'] });
    const { loaded } = await roundTrip('folders', source, ['train'], { depth: step(1) });
    expect(loaded.labels.depth).to.include({ unit: '1/m', zoom: 'keep' });
  });

  it('cityscapes: gives back images and classes; metres within half a step of disparity', async () => {
    const source = makeDataset(scenes);
    // fx is 2262.52 px unless something is nearer than 1.85 m: then the step is coarser in proportion.
    const bound: Bound = (z) => (z * z) / (512 * 0.209313 * 800) + 1e-6;
    const { options } = await roundTrip('cityscapes', source, all, { depth: bound }, [
      'segmentation',
      'depth',
    ]);
    expect(options).to.deep.include({ classes: 7, depth: 'metres', holdOut: ['ulm', 'weimar', 'zurich'] });
  });

  it('cityscapes: inverse depth within 1/131072, and at most 0.4922', async () => {
    const source = makeDataset({ ...scenes, depth: 'inverse' });
    const bound: Bound = (value) => Math.max(value - 0.4922, 0) + 1 / 131072 + 1e-6;
    const { options, place } = await roundTrip('cityscapes', source, ['train', 'val'], { depth: bound }, [
      'segmentation',
      'depth',
    ]);
    expect(options).to.not.have.property('holdOut');
    const cities = await readdir(join(place, 'gtFine/train'));
    expect(cities).to.have.length(5);
    expect(await readdir(join(place, 'gtFine/train', cities[0]!))).to.deep.equal([
      'aachen_000000_000019_gtFine_labelIds.png',
    ]);
    expect(await readdir(join(place, 'leftImg8bit/val'))).to.have.members(['frankfurt', 'lindau', 'munster']);
  });

  it('cityscapes: test alone, or fewer samples than cities', async () => {
    const source = makeDataset({ ...scenes, labels: ['segmentation'], val: 1 });
    await roundTrip('cityscapes', source, ['test']);
    await roundTrip('cityscapes', source, ['val', 'test']);
    await roundTrip('cityscapes', source, ['val']);
  });

  it('cityscapesNpy: to the bit, metres within rounding', async () => {
    const inverse = makeDataset({ ...scenes, depth: 'inverse' });
    await roundTrip('cityscapesNpy', inverse, all, {}, ['segmentation', 'depth']);
    const bound: Bound = (z) => z * 2 ** -22;
    const { options } = await roundTrip('cityscapesNpy', makeDataset(scenes), ['train'], { depth: bound }, [
      'segmentation',
      'depth',
    ]);
    expect(options).to.include({ depth: 'metres', format: 'npy' });
  });

  it('nyuv2: to the bit', async () => {
    const source = makeDataset(scenes);
    const labels = ['segmentation', 'depth'];
    const three = await roundTrip('nyuv2', source, all, {}, labels);
    expect(three.options).to.include({ val: 'listed', classes: 13 });
    expect((await readdir(three.place)).sort()).to.deep.equal(['nyu_depth_v2_labeled.mat', 'splits.mat']);
    const two = await roundTrip('nyuv2', source, ['train', 'val'], {}, labels);
    expect(two.options).to.include({ val: 'test' });
    const depth = makeDataset({ ...scenes, labels: ['depth'] });
    await roundTrip('nyuv2', depth, ['train', 'test']);
  });

  it('nyuv2Npy: to the bit, normals too', async () => {
    await roundTrip('nyuv2Npy', makeDataset(scenes), all);
    await roundTrip('nyuv2Npy', makeDataset({ ...scenes, labels: ['normals'] }), ['val']);
  });

  it('keep what samples lack', async () => {
    for (const exporter of ['folders', 'cityscapes', 'cityscapesNpy', 'nyuv2', 'nyuv2Npy'] as const) {
      const source = gappy(makeDataset({ ...scenes, labels: ['segmentation', 'depth'] }));
      const options = await exportTo(exporter, source, ['train'], await fresh());
      expect(options).to.include({ allowMissing: true });
      const split = await makeDataset(options).split('train');
      const found = await Promise.all(
        [0, 1, 2].map(async (index) => Object.keys((await split.sample(index)).labels)),
      );
      expect(found, exporter).to.deep.equal([['segmentation', 'depth'], ['depth'], ['segmentation']]);
    }
  });

  it('keep void pixels', async () => {
    for (const exporter of ['folders', 'cityscapes', 'cityscapesNpy', 'nyuv2', 'nyuv2Npy'] as const) {
      const source = changed(
        makeDataset({ ...scenes, labels: ['segmentation'] }),
        ({ labels, ...sample }) => {
          const map = labels.segmentation!;
          return {
            ...sample,
            labels: { segmentation: { ...map, data: Uint8Array.from(map.data).fill(255, 0, 9) } },
          };
        },
      );
      await roundTrip(exporter, source, ['train']);
    }
  });

  it('tell of their progress', async () => {
    const seen: [number, number][] = [];
    const source = makeDataset({ ...scenes, labels: ['depth'] });
    await exportTo('folders', source, ['train', 'test'], await fresh(), (...progress) => seen.push(progress));
    expect(seen).to.deep.equal([1, 2, 3, 4, 5, 6, 7].map((done) => [done, 7]));
  });

  it('refuse labels that do not fit', async () => {
    const many = withClasses(makeDataset(scenes), 41);
    for (const [exporter, count] of [
      ['cityscapes', 19],
      ['cityscapesNpy', 19],
      ['nyuv2', 40],
      ['nyuv2Npy', 13],
    ] as const) {
      const { code, message } = await failure(exportTo(exporter, many, ['train'], await fresh()));
      expect(code).to.equal('DATA_INVALID');
      expect(message).to.match(
        new RegExp(`written as ${exporter}: expected at most ${count} classes, found 41`),
      );
    }
    const inverse = makeDataset({ ...scenes, depth: 'inverse' });
    for (const exporter of ['nyuv2', 'nyuv2Npy'] as const) {
      const { message } = await failure(exportTo(exporter, inverse, ['train'], await fresh()));
      expect(message).to.match(/"depth" .*: expected metres \(unit m\), found the unit 1\/m/);
    }
    const normals = makeDataset({ ...scenes, labels: ['normals'] });
    const { code, message } = await failure(exportTo('nyuv2', normals, ['train'], await fresh()));
    expect(code).to.equal('DATA_INVALID');
    expect(message).to.match(/expected one of the labels segmentation, depth, found normals/);
  });

  it('refuse a sample with an id that is no class, and leave no torn file', async () => {
    const place = await fresh();
    const source = withClasses(makeDataset(scenes), 3);
    const { code, message } = await failure(exportTo('nyuv2', source, ['train'], place));
    expect(code).to.equal('SAMPLE_INVALID');
    expect(message).to.match(
      /sample train\/0, segmentation: expected class ids 0–2 and 255 for void, found [3-6]/,
    );
    expect(await readdir(place)).to.deep.equal([]);
  });
});

function changed(dataset: Dataset, change: (sample: Sample, index: number) => Sample): Dataset {
  return {
    size: dataset.size,
    labels: dataset.labels,
    async split(name) {
      const split = await dataset.split(name);
      return { length: split.length, sample: async (index) => change(await split.sample(index), index) };
    },
  };
}

/** Its second sample has no segmentation, its third no depth. */
function gappy(dataset: Dataset): Dataset {
  return changed(dataset, ({ labels: { segmentation, depth }, ...sample }, index) => ({
    ...sample,
    labels: {
      ...(index === 1 ? {} : { segmentation }),
      ...(index === 2 ? {} : { depth }),
    },
  }));
}

function withClasses(dataset: Dataset, count: number): Dataset {
  const { segmentation } = dataset.labels;
  if (segmentation?.kind !== 'classes') throw new Error('expected classes');
  const names = Array.from({ length: count }, (_, id) => `class ${id}`);
  return {
    ...changed(dataset, (sample) => sample),
    labels: { ...dataset.labels, segmentation: { ...segmentation, names } },
  };
}
