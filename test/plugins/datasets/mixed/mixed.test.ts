import { expect } from 'chai';
import {
  Loader,
  Reader,
  Registry,
  RunContainer,
  tokens,
  type Dataset,
  type HostBatch,
} from '../../../../core/index.js';
import { builtin } from '../../../../plugins/index.js';
import { labelTask } from '../../../core/data/samples.js';

const street = {
  name: 'scenes',
  size: [16, 32],
  train: 5,
  val: 2,
  test: 0,
  labels: ['segmentation', 'depth'],
};
const walls = {
  name: 'scenes',
  size: [16, 32],
  train: 3,
  val: 2,
  test: 1,
  seed: 1,
  labels: ['normals', 'depth'],
};

function make(
  options: Record<string, unknown> = {},
  parts: Record<string, unknown> = { street, walls },
): Dataset {
  const registry = new Registry([builtin]);
  const deps = new RunContainer().provide(tokens.registry, registry).provide(tokens.baseFolder, '.');
  return registry.create('dataset', { name: 'mixed', parts, ...options }, deps);
}

async function batches(dataset: Dataset): Promise<HostBatch[]> {
  const tasks = [labelTask('segmentation'), labelTask('depth'), labelTask('normals', 3)];
  const loader = new Loader(await new Reader({ dataset, tasks, memory: 0 }).source('train'));
  const found: HostBatch[] = [];
  for await (const batch of loader.batches({ batchSize: 2, shuffle: { seed: 0, epoch: 0 } }))
    found.push(batch);
  return found;
}

describe('mixed', () => {
  it('has the samples and the labels of all parts', async () => {
    const dataset = make();
    expect(dataset.size).to.deep.equal({ height: 16, width: 32 });
    expect(Object.keys(dataset.labels)).to.deep.equal(['segmentation', 'depth', 'normals']);
    const split = await dataset.split('train');
    expect(split.length).to.equal(8);
    const samples = await Promise.all(Array.from({ length: 8 }, (_, index) => split.sample(index)));
    expect(samples.map(({ id }) => id)).to.deep.equal([
      ...[0, 1, 2, 3, 4].map((index) => `street/train/${index}`),
      ...[0, 1, 2].map((index) => `walls/train/${index}`),
    ]);
    expect(samples.map(({ labels }) => Object.keys(labels))).to.deep.equal([
      ...Array.from({ length: 5 }, () => ['segmentation', 'depth']),
      ...Array.from({ length: 3 }, () => ['normals', 'depth']),
    ]);
    expect(() => split.files!(8)).to.throw(/below 8/);
  });

  it('masks the labels that a sample lacks', async () => {
    for (const { ids, targets } of await batches(make())) {
      ids.forEach((id, place) => {
        const labelled = (task: string): boolean =>
          targets[task]!.mask.subarray(place * 512, (place + 1) * 512).includes(1);
        expect([labelled('segmentation'), labelled('normals'), labelled('depth')]).to.deep.equal([
          id.startsWith('street'),
          id.startsWith('walls'),
          true,
        ]);
      });
    }
  });

  it('makes batches of one part each where told so', async () => {
    const parts = (ids: readonly string[]): Set<string> => new Set(ids.map((id) => id.split('/')[0]!));
    const single = await batches(make({ batches: 'single' }));
    expect(single.map(({ ids }) => parts(ids).size)).to.deep.equal([1, 1, 1, 1, 1]);
    expect(new Set(single.flatMap(({ ids }) => [...ids])).size).to.equal(8);
    const mixed = await batches(make());
    expect(Math.max(...mixed.map(({ ids }) => parts(ids).size))).to.equal(2);
  });

  it('renames labels, and takes some parts alone for a split', async () => {
    const dataset = make({ rename: { walls: { depth: 'distance' } }, splits: { test: ['walls'] } });
    expect(Object.keys(dataset.labels)).to.deep.equal(['segmentation', 'depth', 'normals', 'distance']);
    const { labels } = await (await dataset.split('train')).sample(6);
    expect(Object.keys(labels)).to.deep.equal(['normals', 'distance']);
    expect((await dataset.split('test')).length).to.equal(1);
  });

  it('refuses parts that do not fit together', () => {
    expect(() => make({}, { street, walls: { ...walls, size: [32, 32] } })).to.throw(
      /dataset\.parts\.walls\.size: expected the size of street, 16×32, found 32×32/,
    );
    expect(() => make({}, { street, walls: { ...walls, depth: 'inverse' } })).to.throw(
      /labels "depth" that mean the same .* rename: \{ walls: \{ depth: another_name \} \}/,
    );
    expect(() => make({ splits: { val: ['stret'] } })).to.throw(
      /dataset\.splits\.val: .*street, walls.*"stret"/,
    );
    expect(() => make({ rename: { walls: { segmentation: 'a' } } })).to.throw(
      /normals, depth.*"segmentation"/,
    );
    expect(() => make({ rename: { x: {} } })).to.throw(/dataset\.rename: .*found "x"/);
    expect(() => make({}, { street: { ...street, sise: 1 } })).to.throw(/dataset\.parts\.street/);
  });
});
