import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  MtlError,
  RunFolder,
  type DataInfo,
  type LoadedConfig,
  type TrainingEvent,
} from '../../../core/index.js';
import { environment, load } from './tiny.js';

const data: DataInfo = { size: { height: 32, width: 32 }, labels: { normals: { kind: 'directions' } } };

describe('a run folder', () => {
  let path = '';
  let loaded: LoadedConfig;
  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'run-'));
    loaded = await load();
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  const folder = (name: string): RunFolder => new RunFolder(join(path, name));

  it('is made with the config, the data’s description and the environment', () => {
    const run = folder('a/new/one');
    run.assertFree();
    expect([run.exists(), existsSync(run.path)]).to.deep.equal([false, false]);
    run.create(loaded, data, environment);
    expect(run.exists()).to.equal(true);
    expect(readdirSync(run.path).toSorted()).to.deep.equal(['config.json', 'environment.json']);
    const { file, baseFolder, config, data: described } = run.readConfig();
    expect([file, baseFolder, described]).to.deep.equal([null, process.cwd(), data]);
    expect(config).to.deep.equal(JSON.parse(JSON.stringify(loaded.config)));
  });

  it('is not put where something is', () => {
    const run = folder('taken');
    mkdirSync(run.path);
    run.assertFree();
    // What a kill may leave before the config is there.
    writeFileSync(join(run.path, 'config.json.123.tmp'), '');
    run.assertFree();
    writeFileSync(join(run.path, 'notes.txt'), '');
    expect(() => run.assertFree()).to.throw(
      MtlError,
      /the run folder: expected a new or empty folder.*; name another/,
    );
    run.create(loaded, data, environment);
    expect(() => run.assertFree()).to.throw(MtlError, /go on with that run by --resume/);
    expect(() => folder('taken/notes.txt').assertFree()).to.throw(MtlError, /found the file .*notes\.txt/);
  });

  it('says so where it cannot be written', () => {
    writeFileSync(join(path, 'file'), '');
    expect(() => folder('file/run').create(loaded, data, environment))
      .to.throw(MtlError, /Cannot write the run folder .*file\/run: /)
      .with.property('code', 'RUN_INVALID');
  });

  it('refuses a folder that is none of a run, or whose config is broken', () => {
    expect(() => folder('nowhere').readConfig()).to.throw(
      MtlError,
      /the run: expected the folder of a run, found no folder/,
    );
    mkdirSync(join(path, 'empty'));
    expect(() => folder('empty').readConfig()).to.throw(MtlError, /the run: .*found no config\.json in /);
    writeFileSync(join(path, 'empty', 'config.json'), '{');
    expect(() => folder('empty').readConfig())
      .to.throw(MtlError, /Cannot read .*empty\/config\.json: /)
      .with.property('code', 'RUN_INVALID');
  });

  it('writes events down, but not those that only say how far something is', () => {
    const run = folder('events');
    run.create(loaded, data, environment);
    run.append({ type: 'validating', step: 1, done: 1, of: 2 });
    run.append({ type: 'stopped', step: 1, reason: 'interrupted' });
    expect(readFileSync(join(run.path, 'events.jsonl'), 'utf8')).to.equal(
      '{"type":"stopped","step":1,"reason":"interrupted"}\n',
    );
  });

  it('drops what is after a checkpoint, torn lines and half-written files', () => {
    const run = folder('rewound');
    run.create(loaded, data, environment);
    const start = (resumedAt: number): TrainingEvent => ({
      type: 'start',
      epochs: 9,
      stepsPerEpoch: 2,
      batchSize: 1,
      trainSamples: 2,
      valSamples: 1,
      parameters: 1,
      resumedAt,
    });
    const step = (number: number): TrainingEvent => ({
      type: 'step',
      epoch: Math.floor((number - 1) / 2),
      step: number,
      losses: {},
      learningRate: 1,
      imagesPerSecond: 1,
    });
    const epoch = (number: number): TrainingEvent[] => [
      { type: 'epoch', epoch: number, step: 2 * number + 2, meanLosses: {}, weights: {}, waiting: 0 },
      { type: 'validation', epoch: number, step: 2 * number + 2, metrics: {}, best: true },
    ];
    const checkpoint = (number: number): TrainingEvent => ({
      type: 'checkpoint',
      step: number,
      file: 'last',
    });
    const before = [start(0), step(1), step(2), ...epoch(0), checkpoint(2), step(3), step(4), checkpoint(4)];
    for (const event of [
      ...before,
      ...epoch(1),
      { type: 'stopped', step: 4, reason: 'interrupted' } as const,
    ])
      run.append(event);
    writeFileSync(join(run.path, 'events.jsonl'), '{"type":"st', { flag: 'a' });
    mkdirSync(join(run.path, 'checkpoints'));
    writeFileSync(`${run.last}.77.tmp`, 'half');
    writeFileSync(run.last, 'whole');
    const events = (): unknown[] =>
      readFileSync(join(run.path, 'events.jsonl'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown);
    // A checkpoint of the second epoch's last step, without its end: that comes again.
    run.rewind({ epoch: 1, step: 4 });
    expect(events()).to.deep.equal(before);
    expect(readdirSync(join(run.path, 'checkpoints'))).to.deep.equal(['last.safetensors']);
    run.rewind({ epoch: 1, step: 2 });
    expect(events()).to.deep.equal(before.slice(0, 6));
    run.rewind({ epoch: 0, step: 0 });
    expect(events()).to.deep.equal([start(0)]);
  });

  it('has nothing to rewind where nothing was written', () => {
    const run = folder('fresh');
    run.create(loaded, data, environment);
    run.rewind({ epoch: 0, step: 0 });
    expect(readdirSync(run.path).toSorted()).to.deep.equal(['config.json', 'environment.json']);
  });
});
