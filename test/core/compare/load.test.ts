import { join } from 'node:path';
import { expect } from 'chai';
import { definePlugin, loadComparison, type LoadComparisonOptions } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { Workspace } from '../config/workspace.js';
import { failureOf } from '../fakes.js';
import { loadTiny, tinyComparison } from './tiny-comparison.js';

const load = (options: Partial<LoadComparisonOptions>) => loadComparison({ plugins: [builtin], ...options });

/** The configs of the rows by name, with the first seed. */
async function configs(options: Partial<LoadComparisonOptions>) {
  const { cells } = await load(options);
  return Object.fromEntries(cells.map(({ row, loaded }) => [row, loaded.config] as const).toReversed());
}

describe('loadComparison', () => {
  it('makes a config for each row and seed', async () => {
    const { cells, columns } = await loadTiny();
    expect(cells.map(({ name }) => name)).to.deep.equal([
      'single-seed3',
      'single-seed5',
      'xtasc-net-seed3',
      'xtasc-net-seed5',
    ]);
    expect(cells.map(({ loaded }) => loaded.config.train.seed)).to.deep.equal([3, 5, 3, 5]);
    expect(columns).to.deep.equal([
      {
        task: 'segmentation',
        metric: 'miou.perImage',
        higherIsBetter: true,
        label: 'mIoU',
        percent: true,
      },
      {
        task: 'segmentation',
        metric: 'pixelAccuracy',
        higherIsBetter: true,
        label: 'pixelAccuracy',
        percent: false,
      },
      { task: 'depth', metric: 'absolute', higherIsBetter: false, label: 'absolute', percent: false },
    ]);
  });

  it('lays what is written over the presets, and gives nobody a consistency that has none', async () => {
    const found = await configs({ comparison: tinyComparison });
    expect(found.single!.architecture).to.deep.equal({ name: 'single', decoderChannels: 2 });
    expect(found.single!.consistency).to.equal(null);
    expect(found.single!.weighter).to.equal('equal');
    expect(found['XTasC-Net']!.architecture).to.deep.equal({ name: 'shared', decoderChannels: 2 });
    expect(found['XTasC-Net']!.consistency).to.deep.equal({
      loss: 'xtc',
      transferNet: { name: 'ttnet', channels: 2 },
      lambda: 0.01,
      edges: 'all',
      resolution: 1,
      cycles: 0,
      warmup: 0,
    });
    for (const { train, backbone } of Object.values(found)) {
      expect(train.epochs).to.equal(2);
      // From the presets, below.
      expect(train.schedule).to.deep.equal({ name: 'step', every: 80, factor: 0.5 });
      expect(backbone).to.deep.equal({ name: 'resnet18', width: 2 });
    }
  });

  it('refuses a row that takes the run of none, or in the end its own', async () => {
    const taking = (one: string, other: string) => () =>
      loadTiny({
        axes: {
          model: {
            A: { extends: 'mt-net', auxiliary: [{ name: 'kd4mtl', teachers: one }] },
            B: { extends: 'mt-net', auxiliary: [{ name: 'kd4mtl', teachers: { depth: other } }] },
          },
        },
        baseline: null,
      });
    expect((await failureOf(taking('row:C', 'runs/b'))).message).to.equal(
      'row "A" of the comparison: expected row:NAME with one of the rows A; B, found "row:C"',
    );
    expect((await failureOf(taking('row:B', 'row:A'))).message).to.equal(
      'rows in the comparison: A takes the run of B takes the run of A goes round in a circle',
    );
    expect((await failureOf(taking('row:A', 'runs/b'))).message).to.match(/A takes the run of A goes round/);
  });

  it('takes the product of the axes, after the rows by themselves', async () => {
    const { rows } = await loadTiny({
      rows: { one: { extends: 'st-net', backbone: 'resnet34' } },
      axes: {
        model: { MT: { extends: 'mt-net' }, X: { extends: 'xtasc-net' } },
        weighting: { equal: { weighter: 'equal' }, dwa: { weighter: 'dwa' } },
      },
      baseline: 'MT, dwa',
    });
    expect(rows.map(({ labels }) => labels)).to.deep.equal([
      ['one', ''],
      ['MT', 'equal'],
      ['MT', 'dwa'],
      ['X', 'equal'],
      ['X', 'dwa'],
    ]);
    expect(rows.at(-1)!.name).to.equal('X, dwa');
  });

  it('puts overrides above all rows but the seed', async () => {
    const { cells } = await loadTiny(
      {},
      'train.epochs=7',
      'weighter=equal',
      'consistency.lambda=0.5',
      'train.seed=9',
    );
    expect(cells.map(({ loaded }) => loaded.config.train.epochs)).to.deep.equal([7, 7, 7, 7]);
    expect(cells.map(({ loaded }) => loaded.config.weighter)).to.deep.equal([
      'equal',
      'equal',
      'equal',
      'equal',
    ]);
    expect(cells.map(({ loaded }) => loaded.config.consistency?.lambda)).to.deep.equal([
      undefined,
      undefined,
      0.5,
      0.5,
    ]);
    expect(cells[0]!.loaded.config.train.seed).to.equal(3);
  });

  it('counts seeds, where it is told how many', async () => {
    expect((await loadTiny({ seeds: 3 })).spec.seeds).to.deep.equal([0, 1, 2]);
    expect((await load({ comparison: tinyComparison, seeds: 1 })).spec.seeds).to.deep.equal([0]);
  });

  it('takes data and training of a preset’s rows from a config, and the methods from the rows', async () => {
    const work = new Workspace().write({
      'mine.yaml': [
        'extends: xtasc-net-nyuv2',
        'dataset: { name: scenes, size: [32, 32] }',
        'backbone: { name: resnet18, width: 3 }',
        'architecture: { name: shared, decoderChannels: 5 }',
        'consistency: { transferNet: { name: ttnet, channels: 3 } }',
        'weighter: dwa',
      ].join('\n'),
    });
    try {
      const { cells } = await load({ preset: 'paper-models', config: work.file('mine.yaml') });
      const methods = cells.map(({ loaded: { config } }) => [
        config.architecture,
        config.consistency?.loss ?? null,
        config.weighter,
      ]);
      const [single, shared] = ['single', 'shared'].map((name) => ({ name, decoderChannels: 5 }));
      expect(methods).to.deep.equal([
        [single, null, 'equal'],
        [shared, null, 'uncertainty'],
        [shared, 'align', 'uncertainty'],
        [shared, 'xtc', 'uncertainty'],
      ]);
      for (const { loaded } of cells) {
        const { config } = loaded;
        expect(config.train.epochs).to.equal(100); // NYUv2's
        expect(config.dataset).to.deep.equal({ name: 'scenes', size: [32, 32] });
        expect(config.backbone).to.deep.equal({ name: 'resnet18', width: 3 });
        if (config.consistency) {
          expect(config.consistency.transferNet).to.deep.equal({ name: 'ttnet', channels: 3 });
          expect(config.consistency.lambda).to.equal(0.0001);
        }
        expect(loaded.baseFolder).to.equal(work.path);
      }
    } finally {
      work.remove();
    }
  });

  it('reads a file that extends a comparison, and leaves out the rows that it makes null', async () => {
    const work = new Workspace().write({
      'grid.yaml': [
        'extends: paper-encoders',
        'base: { backbone: { weights: ./no-such-file.safetensors } }',
        'axes:',
        '  encoder:',
        '    ResNet-50: null',
        '    ResNet-34, ImageNet: { backbone: { name: resnet34, weights: ./resnet34.safetensors } }',
      ].join('\n'),
    });
    try {
      const { rows, source, spec } = await load({ folder: work.path, file: 'grid.yaml' });
      expect(rows.map(({ name }) => name)).to.deep.equal(['ResNet-18', 'ResNet-34', 'ResNet-34, ImageNet']);
      expect(source.file).to.equal(join(work.path, 'grid.yaml'));
      expect(spec.published).to.have.length(1);
    } finally {
      work.remove();
    }
  });

  it('knows comparisons of other plugins, those that the file names, too', async () => {
    const mine = definePlugin({ name: 'mine', comparisons: { mine: tinyComparison } });
    expect((await load({ plugins: [builtin, mine], preset: 'mine' })).cells).to.have.length(4);
    const work = new Workspace().write({
      'mine.mjs': `export default ${JSON.stringify({ name: 'mine', comparisons: { mine: tinyComparison } })};`,
      'grid.json': { extends: 'mine', base: { plugins: ['./mine.mjs'] }, seeds: 1 },
    });
    try {
      const { cells } = await load({ folder: work.path, file: 'grid.json' });
      expect(cells).to.have.length(2);
      expect(cells[0]!.loaded.config.plugins).to.deep.equal(['./mine.mjs']);
    } finally {
      work.remove();
    }
  });

  const refused: readonly (readonly [
    title: string,
    options: Partial<LoadComparisonOptions>,
    says: RegExp,
  ])[] = [
    ['nothing', {}, /^the comparison: expected a file or a preset, found neither; name a file with --file/],
    ['no rows', { comparison: {} }, /^rows in the comparison: expected at least one row, .*found none$/],
    [
      'mistyped keys',
      { comparison: { ...tinyComparison, seed: 2, split: 'vall' } },
      /2 problems in the comparison:\n {2}.*split: expected one of val, test, found "vall"; did you mean "val"\?\n {2}seed: expected one of the keys .*did you mean "seeds"/s,
    ],
    [
      'a baseline that is no row',
      { comparison: { ...tinyComparison, baseline: 'singel' } },
      /^baseline in the comparison: expected a row: single; XTasC-Net, found "singel"$/,
    ],
    [
      'a metric that no row has',
      { comparison: { ...tinyComparison, metrics: ['depth.absolut'] } },
      /^metrics\[0\] in the comparison: expected a metric .*depth\.absolute.*; did you mean "depth\.absolute"\?$/,
    ],
    [
      'rows that are one',
      {
        comparison: tinyComparison,
        overrides: [
          'architecture={"name":"shared","decoderChannels":2}',
          'consistency=null',
          'weighter=equal',
        ],
      },
      /^rows in the comparison: expected configs that differ, found one config for "single" and "XTasC-Net"; leave out/,
    ],
    [
      'names that would share a folder',
      { comparison: { rows: { 'a b': { extends: 'st-net' }, 'A-b': { extends: 'mt-net' } } } },
      /^rows in the comparison: expected names that differ in letters and digits, found "a b" and "A-b"$/,
    ],
    [
      'a wrong config of a row',
      { comparison: { ...tinyComparison, base: { ...tinyComparison.base, backbone: 'resnet19' } } },
      /^A problem in row "single" of the comparison:\n {2}backbone: .*found "resnet19"/,
    ],
    [
      'a preset that there is not',
      { comparison: { axes: { model: { one: { extends: 'st-ned' } } } } },
      /^extends in axes\.model\.one of the comparison: expected a config file .*did you mean "st-net"/,
    ],
    [
      'an unknown comparison',
      { preset: 'paper-model' },
      /^--preset: expected a comparison: paper-models, .*did you mean "paper-models"\?$/,
    ],
    [
      'a config beside a file',
      { file: 'a.yaml', config: 'b.yaml' },
      /^--config: expected a config for the rows of a --preset, .*base: \{ extends:/,
    ],
    [
      'too many labels of a published row',
      { comparison: { ...tinyComparison, published: [{ source: 'x', rows: [{ labels: ['a', 'b'] }] }] } },
      /^published in the comparison: expected at most one label for each of model, found a, b$/,
    ],
  ];
  for (const [title, options, says] of refused) {
    it(`refuses ${title}`, async () => {
      const { message } = await failureOf(() => load(options));
      expect(message).to.match(says);
    });
  }
});
