import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunResult, TrainingEvent } from '../../../core/index.js';
import { mtl, tiny, workFolder, write, writeConfig } from '../mtl.js';
import { errorOf, small, struckAt } from './faults.js';

describe('mtl train and its surroundings', function () {
  this.timeout(120_000);
  const work = workFolder();
  const runs = (run: string): string[] => ['train', '--run', run, '--config', 'files.json'];
  const picture = (): string => join(work.path, 'data', 'rgb', 'train', '000002.png');
  let kept: Buffer;

  before(async () => {
    writeConfig(work.path, { ...tiny, dataset: { ...tiny.dataset, train: 8 } });
    const made = await mtl(['data', 'export', '--out', 'data', '--format', 'folders', '--json'], work.path);
    expect(made).to.include({ code: 0 });
    const { dataset } = JSON.parse(made.stdout.trimEnd().split('\n').at(-1)!) as { dataset: object };
    const loader = { workers: 0, memory: 0, prefetch: 1, maxBadSamples: 0.5 };
    writeConfig(work.path, { ...small, dataset, loader }, 'files.json');
    kept = readFileSync(picture());
  });

  afterEach(() => write(work.path, 'data/rgb/train/000002.png', kept));

  it('names a file that vanishes while it runs', async () => {
    const ended = await struckAt(runs('gone'), work.path, /"type":"epoch"/, () => rmSync(picture()));
    expect(ended.code).to.equal(1);
    const { code, message } = errorOf(ended);
    expect(code).to.equal('SAMPLE_INVALID');
    expect(message).to.include(picture());
  });

  it('goes on without it where it may, and counts it', async () => {
    const flags = [...runs('without'), '--set', 'loader.onBadSample=skip'];
    const ended = await struckAt(flags, work.path, /"type":"epoch"/, () => rmSync(picture()));
    expect(ended).to.include({ code: 0, stderr: '' });
    const lines = ended.stdout.trimEnd().split('\n');
    const told = lines.slice(0, -1).map((line) => JSON.parse(line) as TrainingEvent);
    const bad = told.filter((event) => event.type === 'badSample');
    expect(bad).to.have.length(1);
    expect(bad[0]).to.deep.include({ split: 'train' });
    expect(bad[0]!.reason).to.include(picture());
    expect((JSON.parse(lines.at(-1)!) as RunResult).badSamples).to.deep.equal({ train: 1, val: 0 });
  });

  it('goes on only on the engine that it was started on', async () => {
    writeConfig(work.path, { ...small, engine: 'auto', train: { ...small.train, epochs: 1 } }, 'auto.json');
    expect((await mtl(['train', '--run', 'auto', '--config', 'auto.json'], work.path)).code).to.equal(0);
    const file = join(work.path, 'auto', 'environment.json');
    const environment = JSON.parse(readFileSync(file, 'utf8')) as object;
    // As if it had been started where that engine was installed.
    chmodSync(file, 0o644);
    write(work.path, 'auto/environment.json', JSON.stringify({ ...environment, engine: 'tensorflow' }));
    const ended = await mtl(['train', '--run', 'auto', '--resume', '--json'], work.path);
    expect(ended.code).to.equal(1);
    const { code, message } = errorOf(ended);
    expect(code).to.equal('ENGINE_UNUSABLE');
    expect(message).to.match(
      /^--resume: the run was on an engine that cannot be used any more: .*; or go on with another one by --engine/,
    );
  });

  it('measures durations by a clock that no change of the time of day touches', async () => {
    const clock = write(
      work.path,
      'clock.mjs',
      `let calls = 0;
       const leap = () => (calls++ % 2 ? 4e12 : 1e11);
       const Real = Date;
       globalThis.Date = class extends Real {
         constructor(...args) { super(...(args.length ? args : [leap()])); }
         static now() { return leap(); }
       };`,
    );
    writeConfig(work.path, small);
    const { NODE_OPTIONS: before } = process.env;
    expect((await mtl(['train', '--run', 'steady'], work.path)).code).to.equal(0);
    const ended = await mtl(['train', '--run', 'leaping', '--json'], work.path, {
      NODE_OPTIONS: `${before ?? ''} --import ${clock}`,
    });
    expect(ended).to.include({ code: 0, stderr: '' });
    const told = ended.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainingEvent);
    for (const event of told) {
      if (event.type === 'step') expect(event.imagesPerSecond).to.be.within(0.1, 1e5);
      if (event.type === 'epoch') expect(event.waiting).to.be.within(0, 1);
    }
    const metrics = (run: string): string => readFileSync(join(work.path, run, 'metrics.json'), 'utf8');
    expect(metrics('leaping')).to.equal(metrics('steady'));
  });
});
