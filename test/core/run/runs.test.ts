import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  compareRuns,
  listRuns,
  MtlError,
  RunFolder,
  type Environment,
  type MetricValues,
  type TrainingEvent,
} from '../../../core/index.js';
import { RunLock } from '../../../core/run/lock.js';
import { environment, load } from './tiny.js';

const epoch = (number: number): TrainingEvent => ({
  type: 'epoch',
  epoch: number,
  step: number + 1,
  meanLosses: {},
  weights: {},
  waiting: 0,
});
const validation = (number: number, metrics: MetricValues, best: boolean): TrainingEvent => ({
  type: 'validation',
  epoch: number,
  step: number + 1,
  metrics,
  best,
});

describe('runs', () => {
  let path = '';
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'runs-'))));
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  /** Two epochs are what the config asks for. */
  async function make(
    name: string,
    { events = [], other = {}, overrides = [] }: Made = {},
  ): Promise<RunFolder> {
    const run = new RunFolder(join(path, name));
    const data = { size: { height: 32, width: 32 }, labels: {} };
    run.create(await load(...overrides), data, { ...environment, ...other });
    for (const event of events) run.append(event);
    return run;
  }

  interface Made {
    readonly events?: readonly TrainingEvent[];
    readonly other?: Partial<Environment>;
    readonly overrides?: readonly string[];
  }

  it('are listed newest first, and what is none is passed over', async () => {
    await make('old');
    await make('new', { other: { started: '2026-04-01T09:30:00.000Z', engine: 'torch' } });
    writeFileSync(join(path, 'file'), '');
    mkdirSync(join(path, 'empty'));
    mkdirSync(join(path, 'broken'));
    writeFileSync(join(path, 'broken', 'config.json'), '{');
    const [newest, oldest, ...others] = listRuns(path);
    expect(others).to.deep.equal([]);
    expect(oldest!.name).to.equal('old');
    expect(newest).to.deep.equal({
      name: 'new',
      path: join(path, 'new'),
      started: '2026-04-01T09:30:00.000Z',
      state: 'unfinished',
      epoch: 0,
      epochs: 2,
      metrics: null,
      engine: 'torch',
    });
    expect(() => listRuns(join(path, 'none'))).to.throw(MtlError, /the folder of runs: expected a folder/);
  });

  it('tell how far they are and the best model’s metrics', async () => {
    const [first, second] = [{ depth: { rmse: 1 } }, { depth: { rmse: 2 } }];
    const half = [epoch(0), validation(0, first, true)];
    const whole = [...half, epoch(1), validation(1, second, false)];
    const interrupted: TrainingEvent = { type: 'stopped', step: 2, reason: 'interrupted' };
    const states = async (name: string, events: readonly TrainingEvent[], hasMetrics: boolean) => {
      const run = await make(name, { events });
      if (hasMetrics) run.writeJson('metrics.json', {});
      const { state, epoch: done, metrics } = listRuns(path).find((listed) => listed.name === name)!;
      expect(metrics).to.deep.equal(first);
      return [state, done];
    };
    expect(await states('a', half, false)).to.deep.equal(['unfinished', 1]);
    expect(await states('b', [...half, interrupted], false)).to.deep.equal(['interrupted', 1]);
    expect(await states('c', whole, true)).to.deep.equal(['finished', 2]);
    // Killed before the last evaluation was done.
    expect(await states('d', whole, false)).to.deep.equal(['unfinished', 2]);
    // Asked for more epochs after its end, and not there yet.
    expect(await states('e', half, true)).to.deep.equal(['unfinished', 1]);
    const early: TrainingEvent = { type: 'stopped', step: 1, reason: 'no improvement' };
    expect(await states('f', [...half, early], true)).to.deep.equal(['finished', 1]);
  });

  it('are running while a process has their lock', async () => {
    const run = await make('a');
    const lock = await RunLock.take(run.path);
    expect(listRuns(path)[0]!.state).to.equal('running');
    lock.release();
    expect(listRuns(path)[0]!.state).to.equal('unfinished');
  });

  it('are compared by config, environment and metrics', async () => {
    const first = await make('first', {
      events: [epoch(0), validation(0, { depth: { rmse: 1, delta1: 0.5 } }, true)],
    });
    const second = await make('second', {
      events: [epoch(0), validation(0, { depth: { rmse: 2 }, segmentation: { miou: 0.1 } }, true)],
      other: { started: 'later', engineDetail: '4 threads', git: { commit: 'abc', dirty: true } },
      overrides: ['train.seed=1'],
    });
    second.addResumption({ time: 'later', engine: 'torch', engineDetail: 'x', step: 3 });
    const { runs, config, environment: found, metrics } = compareRuns(first.path, second.path);
    expect(runs.map(({ name, engine }) => [name, engine])).to.deep.equal([
      ['first', 'wasm'],
      ['second', 'torch'],
    ]);
    expect(config).to.deep.equal([{ path: 'train.seed', before: 0, now: 1 }]);
    expect(found).to.deep.equal([
      { path: 'engineDetail', before: '2 threads', now: '4 threads' },
      { path: 'resumed', before: undefined, now: [{ engine: 'torch', step: 3 }] },
      { path: 'git', before: undefined, now: { commit: 'abc', dirty: true } },
    ]);
    expect(metrics).to.deep.equal({
      depth: { rmse: [1, 2], delta1: [0.5, null] },
      segmentation: { miou: [null, 0.1] },
    });
    expect(() => compareRuns(first.path, join(path, 'none'))).to.throw(
      MtlError,
      /expected the folder of a run, found no folder/,
    );
  });
});
