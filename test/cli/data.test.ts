import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import type { RunResult, SplitReport } from '../../core/index.js';
import { expectOneError, filesIn, mtlHere, tiny, workFolder, write, writeConfig, type Ended } from './mtl.js';

function result<T>({ code, stdout, stderr }: Ended): T {
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as T;
}

describe('mtl data', () => {
  const work = workFolder();
  const small = [
    'backbone={"name":"resnet18","width":4}',
    'architecture.decoderChannels=4',
    'consistency.transferNet.channels=4',
    'train.epochs=1',
    'train.batchSize=4',
    'engine={"name":"wasm","threads":1}',
  ].flatMap((change) => ['--set', change]);

  before(() => {
    writeConfig(work.path, {
      ...tiny,
      dataset: { ...tiny.dataset, depth: 'metric', labels: ['segmentation', 'depth', 'normals'] },
    });
  });

  it('inspect tells what a split holds, in words and as JSON', async () => {
    const { code, stdout } = await mtlHere(
      ['data/inspect', '--sheet', 'sheet.png', '--samples', '3'],
      work.path,
    );
    expect(code).to.equal(0);
    expect(stdout).to.match(/^train: 8 samples of 32×64\n {2}RGB mean 0\.\d{3} 0\.\d{3} 0\.\d{3}, /);
    expect(stdout).to.match(/segmentation: 0\.0 % of pixels are void\n[^]*│ {2}6 │ vehicle {2}│ /);
    expect(stdout).to.match(/depth: \d[\d.]* to \d[\d.]* m, mean [^]* and above {2,}\d+\.\d % █*\n/);
    expect(stdout).to.match(
      /normals: mean direction [^]*\n\nRead 8 samples of train\.\nSamples, .* \S*sheet\.png\n$/,
    );
    const report = result<SplitReport>(await mtlHere(['data/inspect', '--no-sheet', '--json'], work.path));
    const { segmentation, depth } = report.labels;
    expect(report).to.deep.include({ samples: 8, size: { height: 32, width: 64 }, bad: [] });
    expect(
      segmentation!.kind === 'classes' && segmentation!.classes.reduce((sum, { share }) => sum + share, 0),
    )
      .to.be.a('number')
      .and.closeTo(1, 1e-9);
    expect(depth!.kind === 'scalar' && depth!.histogram.counts.reduce((sum, count) => sum + count)).to.equal(
      depth!.kind === 'scalar' ? Math.round((1 - depth!.missing) * 8 * 32 * 64) : NaN,
    );
  });

  it('inspect says how many samples have no label at all', async () => {
    const flags = ['data/inspect', '--no-sheet', '--set', 'dataset.labelled=0.25'];
    const { stdout } = await mtlHere(flags, work.path);
    expect(stdout).to.match(/^train: 8 samples of 32×64, 6 of them without any label\n/);
    expect(stdout).to.match(/segmentation: 6 samples have none; /);
    expect(result<SplitReport>(await mtlHere([...flags, '--json'], work.path)).unlabelled).to.equal(6);
    const val = await mtlHere([...flags, '--split', 'val', '--json'], work.path);
    expect(result<SplitReport>(val).unlabelled).to.equal(0);
  });

  it('inspect draws a row for each sample: the image, then what the tasks learn', async () => {
    const { width, height, channels } = await sharp(join(work.path, 'sheet.png')).metadata();
    // The config's two tasks; gaps of 4 pixels.
    expect({ width, height, channels }).to.deep.equal({ width: 3 * 64 + 8, height: 3 * 32 + 8, channels: 3 });
  });

  it('inspect lists the files that cannot be read', async () => {
    const folder = join(work.path, 'broken');
    const exported = ['data/export', '--format', 'folders', '--out', folder, '--splits', 'train,val'];
    const { dataset } = result<{ dataset: object }>(await mtlHere([...exported, '--json'], work.path));
    const [file] = filesIn(folder)
      .filter((name) => /rgb.*train/.test(name))
      .slice(-1);
    write(folder, file!, 'torn');
    const config = writeConfig(work.path, { ...tiny, dataset }, 'broken.json');
    const { stdout } = await mtlHere(['data/inspect', '--no-sheet', '--config', config], work.path);
    expect(stdout).to.match(
      /^train: 7 samples[^]*\n1 that cannot be read:\n {2}7: .*expected a readable picture/,
    );
    expect(stdout).to.include(file!);
    const failed = await mtlHere(['train', '--config', config, '--run', 'stops'], work.path);
    expect(failed.code).to.equal(1);
    expectOneError(failed.stderr, work.path, /expected a readable picture, found/);
    const skipping = ['--set', 'loader.onBadSample=skip', '--set', 'loader.maxBadSamples=0.2'];
    const run = await mtlHere(['train', '--config', config, '--run', 'skips', ...skipping], work.path);
    expect({ code: run.code, stderr: run.stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(run.stdout).to.include('Left out since they could not be read: 1 of train.');
    expect(JSON.parse(readFileSync(join(work.path, 'skips', 'metrics.json'), 'utf8'))).to.deep.include({
      badSamples: { train: 1, val: 0 },
    });
    expect(readFileSync(join(work.path, 'skips', 'events.jsonl'), 'utf8')).to.match(
      /"type":"badSample","split":"train","index":7/,
    );
  });

  for (const [format, data] of [
    ['cityscapes', 'cityscapes'],
    ['cityscapesNpy', 'cityscapes'],
    ['nyuv2', 'nyuv2'],
    ['nyuv2Npy', 'nyuv2'],
  ] as const) {
    it(`export writes ${format}, which a config of mtl init then trains on`, async () => {
      const folder = join(work.path, format);
      const depth = data === 'cityscapes' ? 'inverse' : 'metric';
      const out = join(folder, 'data', data);
      const exported = await mtlHere(
        [
          'data/export',
          '--format',
          format,
          '--out',
          out,
          '--splits',
          'train,val',
          '--set',
          `dataset.depth=${depth}`,
        ],
        work.path,
      );
      expect({ code: exported.code, stderr: exported.stderr }).to.deep.equal({ code: 0, stderr: '' });
      expect(exported.stdout).to.match(/A config reads it with:\n\ndataset:\n {2}name: /);
      expect((await mtlHere(['init', '--data', data], folder)).code).to.equal(0);
      const size = ['--set', 'dataset.size=[32,64]'];
      const trained = await mtlHere(['train', '--run', 'run', '--json', ...size, ...small], folder);
      const { metrics } = result<RunResult>(trained);
      expect(metrics).to.have.all.keys('segmentation', 'depth');
      expect(existsSync(join(folder, 'cache'))).to.equal(true);
      expect(filesIn(join(folder, 'cache')).filter((name) => !name.endsWith('.safetensors'))).to.deep.equal(
        [],
      );
    });
  }

  it('nyuv2 trains three and four tasks with consistency between all of them', async () => {
    for (const [format, normals] of [
      ['nyuv2Npy', 'files'],
      ['nyuv2', 'fromDepth'],
    ] as const) {
      const folder = join(work.path, format);
      const tasks = ['--set', 'tasks.normals={}', '--set', 'tasks.edges={}'];
      const data = ['--set', `dataset.normals=${normals}`, '--set', 'dataset.size=[32,64]'];
      for (const count of [3, 4]) {
        const run = ['train', '--run', `run-${count}`, '--json', ...data, ...small, ...tasks];
        const without = count === 3 ? ['--set', 'tasks.edges=null'] : [];
        const { metrics } = result<RunResult>(await mtlHere([...run, ...without], folder));
        expect(Object.keys(metrics).length).to.equal(count);
        expect(metrics.normals!.angleMean).to.be.within(0, 180);
      }
    }
  });

  it('export refuses a folder with files, and leaves nothing behind where it fails', async () => {
    const there = await mtlHere(['data/export', '--format', 'folders', '--out', 'cityscapes'], work.path);
    expect(there.code).to.equal(1);
    expectOneError(
      there.stderr,
      work.path,
      /the folder to export to: expected a new or empty one, found \d+ entries/,
    );
    const absent = ['data/export', '--format', 'nyuv2', '--out', 'none', '--splits', 'test'];
    const failed = await mtlHere([...absent, '--set', 'dataset.test=0'], work.path);
    expectOneError(failed.stderr, work.path, /the test split of scenes/);
    expect(existsSync(join(work.path, 'none'))).to.equal(false);
    const unknown = await mtlHere(['data/export', '--format', 'nyu', '--out', 'none'], work.path);
    expect(unknown.code).to.equal(2);
    expectOneError(unknown.stderr, work.path, /--format: expected one of folders, .*nyuv2Npy, found "nyu"/);
  });
});
