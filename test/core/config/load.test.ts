import { expect } from 'chai';
import { checkConfig, Registry, taskSpec, type Fragment } from '../../../core/index.js';
import { failureOf, fakePart, fakePlugin, fakeRegistry } from '../fakes.js';
import { malformed } from './malformed.js';
import { minimal, Workspace } from './workspace.js';

const registry = fakeRegistry();
describe('checkConfig', () => {
  for (const [config, ...lines] of malformed) {
    it(`says: ${lines.join(' | ')}`, async () => {
      const error = await failureOf(() =>
        checkConfig({ ...minimal, ...config }, registry, 'mtl.config.yaml'),
      );
      expect(error.code).to.equal('CONFIG_INVALID');
      const [heading, ...found] = error.message.split('\n');
      expect(found).to.deep.equal(lines.map((line) => `  ${line}`));
      expect(heading).to.equal(
        `${lines.length === 1 ? 'A problem' : `${lines.length} problems`} in mtl.config.yaml:`,
      );
    });
  }

  it('shows all errors at once, of the config and of all its parts', async () => {
    const config = {
      dataset: { name: 'folders', root: './x', clases: 3 },
      tasks: {
        depht: {},
        depth: { loss: 'l3', unit: 'km' },
        segmentation: { loss: { name: 'l1', reduction: 1 } },
      },
      train: { epochs: 'x', optimizer: { name: 'adm' }, schedule: {} },
      wieghter: 'equal',
    };
    const { message } = await failureOf(() => checkConfig(config, registry));
    const [heading, ...lines] = message.split('\n');
    expect(heading).to.equal('10 problems in the config:');
    expect(lines.map((line) => line.slice(2, line.indexOf(':')))).to.have.members([
      'dataset.classes',
      'dataset.clases',
      'tasks.depht',
      'tasks.depth.loss',
      'tasks.depth.unit',
      'tasks.segmentation.loss.reduction',
      'train.epochs',
      'train.optimizer.name',
      'train.schedule.name',
      'wieghter',
    ]);
  });

  it('checks the parts that stand for what is not said, too', async () => {
    const other = new Registry([{ ...fakePlugin, backbones: { tiny: fakePart() } }]);
    const error = await failureOf(() => checkConfig(minimal, other));
    expect(error.message).to.equal(
      'A problem in the config:\n  backbone: expected one of tiny, found "resnet34"',
    );
  });

  it('fills in what is not said', () => {
    expect(checkConfig(minimal, registry)).to.deep.equal({
      engine: 'auto',
      dataset: 'scenes',
      tasks: { depth: {} },
      architecture: 'shared',
      backbone: 'resnet34',
      consistency: null,
      auxiliary: [],
      weighter: 'uncertainty',
      train: {
        epochs: 100,
        batchSize: 8,
        seed: 0,
        optimizer: { name: 'adam', lr: 1e-4, betas: [0.9, 0.99] },
        schedule: { name: 'constant' },
        clipNorm: null,
        augment: { flip: 0.5, scales: [1, 1.2, 1.5] },
        nonFinite: 'stop',
        maxRollbacks: 3,
        diagnostics: null,
        validateEvery: 1,
        checkpointEvery: null,
        keepEvery: null,
        best: null,
        earlyStopping: null,
      },
      loader: {
        workers: 'auto',
        prefetch: 4,
        memory: 128,
        cache: null,
        onBadSample: 'stop',
        maxBadSamples: 0.01,
      },
      distributed: { syncBatchNorm: false, gradients: 'float32', timeout: 300, startTimeout: 300 },
      log: { tensorboard: false },
      plugins: [],
    });
    expect(checkConfig({ ...minimal, consistency: {} }, registry).consistency).to.deep.equal({
      loss: 'xtc',
      transferNet: 'ttnet',
      lambda: 0.01,
      edges: 'all',
      resolution: 1,
      cycles: 0,
      warmup: 0,
    });
  });

  it('gives back what it gave out', () => {
    const config = checkConfig(
      { ...minimal, consistency: { lambda: { depth: 0.1 } }, engine: 'wasm' },
      registry,
    );
    const stored = JSON.parse(JSON.stringify(config)) as Fragment;
    expect(checkConfig(stored, registry)).to.deep.equal(config);
  });

  it('leaves out tasks that are null, and lets a task have a name of its own', () => {
    const near = { type: 'depth', loss: 'l1' };
    const config = checkConfig({ ...minimal, tasks: { segmentation: null, near, depth: {} } }, registry);
    expect(config.tasks).to.deep.equal({ near, depth: {} });
    expect(taskSpec('near', near)).to.deep.equal({ name: 'depth', loss: 'l1' });
    expect(taskSpec('depth', {})).to.deep.equal({ name: 'depth' });
  });
});

describe('loadConfig', () => {
  let folder: Workspace;
  beforeEach(() => (folder = new Workspace()));
  afterEach(() => folder.remove());

  it('lays the file over the preset, and the flags over both', async () => {
    folder.write({ 'mtl.config.yaml': 'train: { epochs: 5, batchSize: 4 }\nbackbone: resnet34\n' });
    const overrides = [
      'train.epochs=7',
      'train.optimizer.lr=0.01',
      'tasks.segmentation=null',
      'backbone.dilated=true',
    ];
    const { config } = await folder.load({ file: 'mtl.config.yaml', preset: 'small', overrides });
    expect(config).to.deep.include({
      dataset: { name: 'scenes', size: [32, 64] },
      tasks: { depth: { loss: 'l1' } },
      backbone: { name: 'resnet34', dilated: true },
    });
    expect(config.train).to.deep.include({ epochs: 7, batchSize: 4, optimizer: { name: 'adam', lr: 0.01 } });
  });

  it('names the file and the key where something is wrong, from wherever it came', async () => {
    folder.write({ 'mtl.config.yaml': 'extends: base\ntrain: { epochs: 0 }\n' });
    const error = await failureOf(() => folder.load({ overrides: ['train.seed=x', 'dataset.size.0=64'] }));
    expect(error.message.split('\n')).to.deep.equal([
      `3 problems in ${folder.file('mtl.config.yaml')}:`,
      '  train.epochs: expected a whole number of at least 1, found 0',
      '  train.seed: expected a whole number, found "x"',
      '  dataset.size: expected a list of 2 items, found {"0":64}',
    ]);
  });

  it('lets flags say what to extend and which plugins to load', async () => {
    folder.write({
      'mtl.config.yaml': 'extends: base\n',
      'other.yaml': 'dataset: scenes\ntasks: { depth: {} }\ntrain: { epochs: 44 }\n',
      'extra.mjs': 'export default { name: "extra", presets: { extra: { train: { seed: 9 } } } };',
    });
    const { config } = await folder.load({
      overrides: ['extends=["./other.yaml", "extra"]', 'plugins=["./extra.mjs"]'],
    });
    expect(config.train).to.include({ epochs: 44, seed: 9 });
    expect(config.plugins).to.deep.equal(['./extra.mjs']);
    expect(
      (
        await folder.load({
          preset: 'extra',
          overrides: ['plugins=["./extra.mjs"]', 'dataset=scenes', 'tasks.depth={}'],
        })
      ).config.train.seed,
    ).to.equal(9);
  });

  it('refuses flags that would reach what every object inherits', async () => {
    folder.write({ 'mtl.config.yaml': 'extends: base\n' });
    for (const [flag, key] of [
      ['__proto__.polluted=1', '__proto__'],
      ['constructor.prototype.polluted=1', 'constructor'],
      ['train.__proto__.polluted=1', 'train.__proto__'],
      ['dataset.__proto__={"polluted": 1}', 'dataset.__proto__'],
    ] as const) {
      const error = await failureOf(() => folder.load({ overrides: [flag] }));
      expect(error.message.split('\n')[1]).to.match(
        new RegExp(`^  ${key.replaceAll('.', '\\.')}: expected one of the keys `),
      );
      expect({}).not.to.have.property('polluted');
    }
  });
});
