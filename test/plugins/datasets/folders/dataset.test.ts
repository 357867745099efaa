import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Sample } from '../../../../core/index.js';
import { png16, png8 } from '../pictures.js';
import { depth, everything, idsOf, labels, pictureFolder, rgb } from './fixture.js';

describe('folders: samples', () => {
  const folder = pictureFolder();

  async function first(options: Record<string, unknown>): Promise<Sample> {
    return (await folder.make(options).split('train')).sample(0);
  }
  it('offers what is configured, described', () => {
    expect(folder.make({ rgb, split: { train: '*' } })).to.deep.include({
      size: { height: 2, width: 3 },
      labels: {},
    });
    const described = folder.make({ ...everything, depth: { ...depth, max: 5 } }).labels;
    expect(described.segmentation).to.deep.include({ kind: 'classes', names: ['floor', 'wall'], void: 255 });
    expect(described.depth).to.deep.equal({ kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 5] });
    expect(described.normals).to.deep.equal({ kind: 'directions' });
    const inverse = folder.make({ rgb, depth: { ...depth, inverse: true }, split: { train: '*' } });
    expect(inverse.labels).to.deep.equal({
      depth: { kind: 'scalar', unit: '1/m', zoom: 'keep', range: [0, 1] },
    });
  });

  it('names and colours classes by itself where only their number is given', () => {
    const { segmentation } = folder.make({ ...everything, labels: { ...labels, classes: 40 } }).labels;
    if (segmentation?.kind !== 'classes') throw new Error('expected classes');
    expect(segmentation.names.slice(0, 2)).to.deep.equal(['class 0', 'class 1']);
    expect(new Set(segmentation.colors.map(String)).size).to.equal(40);
    expect(
      segmentation.colors.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255),
    ).to.equal(true);
    const colors = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const given = folder.make({ ...everything, labels: { ...labels, colors } }).labels.segmentation;
    expect(given).to.deep.include({ colors });
  });

  it('reads classes, metres and directions', async () => {
    const { id, height, width, image, labels: found } = await first(everything);
    expect({ id, height, width }).to.deep.equal({ id: 'learn0', height: 2, width: 3 });
    expect(image.data).to.deep.equal(new Uint8Array(18));
    expect(found.segmentation).to.deep.equal({
      height: 2,
      width: 3,
      channels: 1,
      data: Uint8Array.of(0, 1, 255, 1, 0, 1),
    });
    expect(found.depth!.data).to.deep.equal(Float32Array.of(0, 0.001, 1, 2.5, 40, 65.535));
    const normals = Array.from({ length: 6 }, (_, at) => [
      ...found.normals!.data.subarray(at * 3, at * 3 + 3),
    ]);
    expect(normals.slice(0, 2)).to.deep.equal([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    normals.slice(2).forEach((normal) => expect(Math.hypot(...normal)).to.be.closeTo(1, 1e-6));
    expect(normals[2]![0]).to.be.closeTo(1, 1e-4);
    expect(normals[3]![1]).to.be.closeTo(1, 1e-4);
    expect(normals[4]![2]).to.be.closeTo(-1, 1e-4);
    normals[5]!.forEach((part) => expect(part).to.be.closeTo(Math.sqrt(1 / 3), 1e-6));
  });

  it('maps file values to classes, and takes the listed ones as void', async () => {
    const mapped = {
      files: 'set/depth/*.png',
      classes: 3,
      map: { 1: 2, 1000: 0, 40000: 1 },
      void: [0, 2500, 65535],
    };
    const { labels: found } = await first({ rgb, labels: mapped, split: { train: '*' } });
    expect(found.segmentation!.data).to.deep.equal(Uint8Array.of(255, 2, 0, 255, 1, 255));
  });

  it('takes depth beyond max, and the invalid value, as no label', async () => {
    const options = { ...everything, depth: { ...depth, scale: 0.01, invalid: 1, max: 30 } };
    expect((await first(options)).labels.depth!.data).to.deep.equal(Float32Array.of(0, 0, 10, 25, 0, 0));
  });

  it('resizes the image smoothly, labels and depth by the nearest pixel', async () => {
    const labelsData = Array.from({ length: 36 }, (_, at) => (at % 6 < 3 ? 0 : 1));
    const image = labelsData.flatMap((value) => [value * 90, 0, 0]);
    await folder.write('large/rgb/a.png', await png8(6, 3, image));
    await folder.write('large/labels/a.png', await png8(6, 1, labelsData));
    await folder.write(
      'large/depth/a.png',
      await png16(
        6,
        1,
        labelsData.map((value) => 1000 + 9000 * value),
      ),
    );
    const sample = await first({
      rgb: 'large/rgb/*.png',
      labels: { files: 'large/labels/*.png', classes: 2 },
      depth: { files: 'large/depth/*.png' },
      split: { train: '*' },
      size: [2, 4],
    });
    expect(sample).to.include({ height: 2, width: 4 });
    expect([...sample.labels.segmentation!.data]).to.deep.equal([0, 0, 1, 1, 0, 0, 1, 1]);
    expect([...sample.labels.depth!.data]).to.deep.equal([1, 1, 10, 10, 1, 1, 10, 10]);
    const reds = [0, 1, 2, 3].map((x) => sample.image.data[x * 3]!);
    expect(reds[0]! < reds[1]! && reds[1]! < reds[2]! && reds[2]! < reds[3]!).to.equal(true);
  });

  it('gives the same sample every time, and keeps none', async () => {
    const split = await folder.make(everything).split('train');
    const [one, two] = [await split.sample(3), await split.sample(3)];
    expect(one).to.not.equal(two);
    expect(one).to.deep.equal(two);
  });

  it('names the files that a sample is made from', async () => {
    const split = await folder.make(everything).split('train');
    const files = ['rgb', 'labels', 'depth', 'normals'].map((kind) =>
      join(folder.path, 'set', kind, 'learn3.png'),
    );
    expect(split.files!(3)).to.deep.equal(files);
    const images = await folder.make({ rgb, split: { train: '*' } }).split('train');
    expect(images.files!(3)).to.deep.equal(files.slice(0, 1));
  });

  it('only ever reads', async () => {
    const listing = async (): Promise<string[]> => (await readdir(folder.path, { recursive: true })).sort();
    const before = await listing();
    await idsOf(folder.make(everything), 'train');
    expect(await listing()).to.deep.equal(before);
  });
});
