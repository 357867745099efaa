import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { RunResult, TrainingEvent } from '../../core/index.js';
import {
  events,
  expectOneError,
  filesIn,
  mtl,
  mtlHere,
  parseEvents,
  tiny,
  twoAtOnce,
  workFolder,
  write,
  writeConfig,
  type Ended,
} from './mtl.js';

const metrics = {
  segmentation: ['miou', 'miou.perImage', 'pixelAccuracy'],
  depth: ['absolute', 'relative', 'rmse', 'rmseLog', 'delta1', 'delta2', 'delta3'],
};

function expectResult({ metrics: values, baselines }: RunResult): void {
  for (const [task, names] of Object.entries(metrics)) {
    expect(Object.keys(values[task]!)).to.deep.equal(names);
    expect(Object.keys(baselines[task]!.metrics)).to.deep.equal(names);
    for (const value of Object.values(values[task]!)) expect(Number.isFinite(value)).to.equal(true);
  }
  expect([baselines.segmentation!.predictor, baselines.depth!.predictor]).to.deep.equal([
    'majority class',
    'mean depth',
  ]);
}

describe('mtl train and mtl evaluate', () => {
  const work = workFolder();
  /** Each a process of its own: numbers must not come from what another run left behind. */
  const runs = {
    json: ['--json'],
    lines: [],
    seed: ['--set', 'train.seed=1'],
    threads: ['--set', 'engine.threads=2'],
  };
  const ends: Partial<Record<keyof typeof runs, Ended>> = {};
  const folder = (run: keyof typeof runs): string => join(work.path, run);
  const text = (run: keyof typeof runs, file: string): string =>
    readFileSync(join(folder(run), file), 'utf8');

  before(async function () {
    this.timeout(120_000);
    writeConfig(work.path);
    await twoAtOnce(Object.entries(runs), async ([run, flags]) => {
      ends[run as keyof typeof runs] = await mtl(['train', '--run', run, ...flags], work.path);
    });
  });

  it('prints a JSON value a line with --json, the result last', () => {
    const { code, stdout, stderr } = ends.json!;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string });
    const result = lines.at(-1) as unknown as RunResult;
    const types = lines.slice(0, -1).map(({ type }) => type);
    // A checkpoint is told when it is in place, which is a matter of the disk.
    expect(types.filter((type) => type !== 'checkpoint')).to.deep.equal([
      'start',
      ...['step', 'step', 'epoch', 'validating', 'validation'],
      ...['step', 'step', 'epoch', 'validating', 'validation'],
    ]);
    expect(types.filter((type) => type === 'checkpoint')).to.have.length(2);
    expect(types.at(-1)).to.equal('checkpoint');
    expect(result).to.have.all.keys('metrics', 'baselines', 'badSamples', 'run');
    expect(result.run).to.equal(folder('json'));
    expectResult(result);
    expect(JSON.parse(text('json', 'metrics.json'))).to.deep.equal({
      split: 'val',
      metrics: result.metrics,
      baselines: result.baselines,
      badSamples: { train: 0, val: 0 },
    });
    expect(parseEvents(stdout.trimEnd().split('\n').slice(0, -1).join('\n'))).to.deep.equal(
      events(folder('json')),
    );
  });

  it('prints plain lines where there is no terminal', () => {
    const { code, stdout, stderr } = ends.lines!;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(
      /^Run: lines\n[\d,]+ parameters; 8 training and 4 validation images; 2 epochs of 2 steps\n/,
    );
    expect(stdout).to.match(
      /^epoch 1\/2: segmentation miou 0\.\d+, miou\.perImage .* \| depth absolute .* \| best so far$/m,
    );
    expect(stdout).to.match(/│ segmentation │ miou +│ +[\d.e-]+ │ +[\d.e-]+ │ majority class +│/);
    expect(stdout).to.match(
      /\n\nTrained in [^;]+; these are the best model’s metrics on the validation split\.\nRun +lines\nNext +mtl \S+ .*lines\n/,
    );
    // Neither colours nor a bar.
    expect([...stdout].filter((character) => character < ' ' && character !== '\n')).to.deep.equal([]);
  });

  it('leaves config, environment, events, checkpoints and metrics in the run folder, nothing beside it', () => {
    expect(filesIn(folder('lines'))).to.deep.equal([
      'checkpoints/best.safetensors',
      'checkpoints/last.safetensors',
      'checkpoints/previous.safetensors',
      'config.json',
      'environment.json',
      'events.jsonl',
      'metrics.json',
    ]);
    expect(filesIn(work.path).filter((file) => !/^(json|lines|seed|threads)\//.test(file))).to.deep.equal([
      'mtl.config.json',
    ]);
    expect(JSON.parse(text('lines', 'environment.json'))).to.include({
      node: process.version,
      engine: 'wasm',
    });
  });

  it('gives the same numbers for the same seed, to the bit, with any number of threads', () => {
    for (const run of ['lines', 'threads'] as const) {
      expect(ends[run]!.code).to.equal(0);
      expect(text(run, 'metrics.json')).to.equal(text('json', 'metrics.json'));
      expect(events(folder(run))).to.deep.equal(events(folder('json')));
    }
  });

  it('gives others for another seed', () => {
    expect(text('seed', 'metrics.json')).to.not.equal(text('json', 'metrics.json'));
    const [first, other] = [events(folder('json'))[0], events(folder('seed'))[0]] as { losses: object }[];
    expect(other!.losses).to.not.deep.equal(first!.losses);
  });

  it('refuses a folder that is in use', async () => {
    const before = text('lines', 'events.jsonl');
    const { code, stderr } = await mtlHere(['train', '--run', 'lines'], work.path);
    expect(code).to.equal(1);
    expectOneError(
      stderr,
      work.path,
      /the run folder: expected a new or empty folder, found files in FOLDER\/lines; .*--resume/,
    );
    expect(text('lines', 'events.jsonl')).to.equal(before);
    write(work.path, 'file', 'a file');
    const file = await mtlHere(['train', '--run', 'file'], work.path);
    expect(file.code).to.equal(1);
    expectOneError(file.stderr, work.path, /the run folder: .*found the file FOLDER\/file/);
  });

  it('stops where a loss is not finite, naming the task and what to do', async () => {
    const flags = ['--set', 'train.optimizer.lr=1e30'];
    const { code, stderr } = await mtlHere(['train', '--run', 'overflow', ...flags], work.path);
    expect(code).to.equal(1);
    expectOneError(stderr, work.path, /The loss of task "\w+" is (Infinity|NaN) .*train\.optimizer\.lr/);
    // The first step was well, so this is a run; its events can be looked at.
    const told = events(join(work.path, 'overflow')) as TrainingEvent[];
    expect(told.map(({ type }) => type)).to.deep.equal(['step', 'stopped']);
  });

  it('tells of a plugin that breaks in the midst, and where with --debug', async () => {
    const folderOfRun = join(work.path, 'breaks');
    const weighter = `{ parameters: {}, state: { tensors: {}, values: {} }, restore() {}, setup() {}, dispose() {},
      weights: () => [1, 1], update() { throw new TypeError('not a function of mine'); } }`;
    const part = `{ description: 'breaks', options: z.strictObject({}), create: () => (${weighter}) }`;
    const zod = pathToFileURL(createRequire(import.meta.url).resolve('zod')).href;
    const plugin = `export default { name: 'mine', weighters: { breaks: ${part} } };`;
    write(folderOfRun, 'mine.mjs', `import { z } from ${JSON.stringify(zod)};\n${plugin}`);
    writeConfig(folderOfRun, { ...tiny, plugins: ['./mine.mjs'], weighter: 'breaks' });
    const { code, stderr } = await mtlHere(['train', '--run', 'run'], folderOfRun);
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      'Error: not a function of mine\nThis was not foreseen; --debug shows where it comes from.\n',
    );
    const debugged = await mtlHere(['train', '--run', 'run', '--debug'], folderOfRun);
    expect(debugged.stderr).to.match(/^TypeError: not a function of mine\n +at .*mine\.mjs:/);
    expect(filesIn(join(folderOfRun, 'run'))).to.deep.equal([]);
  });

  it('evaluates the best model of a run as the training did', async () => {
    const { code, stdout, stderr } = await mtlHere(
      ['evaluate', 'json', '--split', 'val', '--json'],
      work.path,
    );
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^\{.*\}\n$/);
    const result = JSON.parse(stdout) as RunResult;
    expect(result).to.deep.equal({
      ...(JSON.parse(text('json', 'metrics.json')) as object),
      run: folder('json'),
    });
  });

  it('evaluates on another split, and from another folder', async () => {
    const test = await mtlHere(['evaluate', folder('json'), '--split', 'test', '--json'], '/');
    const result = JSON.parse(test.stdout) as RunResult & { split: string };
    expectResult(result);
    expect(result.split).to.equal('test');
    expect(result.metrics).to.not.deep.equal((JSON.parse(text('json', 'metrics.json')) as RunResult).metrics);
    const table = await mtlHere(['evaluate', 'json', '--split', 'test'], work.path);
    expect(table.stdout).to.contain(` ${result.metrics.depth!.absolute!.toPrecision(4)} │`);
  });

  it('gives Δm against another run', async () => {
    const self = await mtlHere(['evaluate', 'json', '--baseline', 'lines', '--json'], work.path);
    const { deltaM, notInDeltaM = [] } = JSON.parse(self.stdout) as {
      deltaM: number;
      notInDeltaM?: string[];
    };
    expect(deltaM).to.equal(0);
    const other = await mtlHere(['evaluate', 'json', '--baseline', 'seed', '--json'], work.path);
    const gain = JSON.parse(other.stdout) as { deltaM: number };
    expect(gain.deltaM).to.not.equal(0);
    const line = (await mtlHere(['evaluate', 'json', '--baseline', 'seed'], work.path)).stdout;
    expect(line).to.contain(`Δm against seed: ${gain.deltaM.toFixed(2)} %`);
    for (const name of notInDeltaM) expect(name).to.match(/^depth\.delta\d$/);
  });

  it('names what is wrong with a run that it is to evaluate', async () => {
    const none = await mtlHere(['evaluate', 'none'], work.path);
    expect(none.code).to.equal(1);
    expectOneError(
      none.stderr,
      work.path,
      /the run: expected the folder of a run, found no folder FOLDER\/none/,
    );
    const other = await mtlHere(['evaluate', 'json', '--set', 'backbone.width=8'], work.path);
    expect(other.code).to.equal(1);
    expectOneError(
      other.stderr,
      work.path,
      /The saved model does not fit the one in the config[^]*expected shape/,
    );
    const split = await mtlHere(
      ['evaluate', 'json', '--split', 'test', '--set', 'dataset.test=0'],
      work.path,
    );
    expectOneError(split.stderr, work.path, /the test split of scenes: expected at least 1 image/);
  });

  it('starts from a preset alone, and keeps the plugins of a config', async () => {
    const folderOfRun = join(work.path, 'plugin');
    write(
      folderOfRun,
      'mine.mjs',
      `export default { name: 'mine', presets: { mine: ${JSON.stringify(tiny)} } };`,
    );
    writeConfig(folderOfRun, { plugins: ['./mine.mjs'], extends: 'mine' });
    const trained = await mtlHere(['train', '--run', 'run', '--set', 'train.epochs=1'], folderOfRun);
    expect(trained).to.include({ code: 0, stderr: '' });
    expect(await mtlHere(['evaluate', 'plugin/run'], work.path)).to.include({ code: 0, stderr: '' });
  });
});
