import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  MtlError,
  train,
  type LoadedConfig,
  type MetricValues,
  type TrainingEvent,
} from '../../../core/index.js';
import { load, timeless } from './tiny.js';

describe('train', () => {
  let path = '';
  let loaded: LoadedConfig;
  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'train-'));
    loaded = await load('dataset.train=2', 'train.checkpointEvery=1');
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  const text = (run: string, file: string): string => readFileSync(join(path, run, file), 'utf8');

  /** What is written down of a run, without what depends on the clock or on where it was interrupted. */
  function written(run: string): object[] {
    return text(run, 'events.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainingEvent)
      .filter(({ type }) => type !== 'start' && type !== 'checkpoint')
      .map(timeless);
  }

  it('gives the same result whichever event a crash comes after', async function () {
    this.timeout(120_000);
    const told: TrainingEvent['type'][] = [];
    const whole = await train(loaded, {
      folder: join(path, 'whole'),
      onEvent: ({ type }) => told.push(type),
    });
    // An epoch's end is where most happens: the first one suffices, and the start of the next. When a checkpoint is in
    // place is a matter of the disk.
    const points = told.filter((type) => type !== 'checkpoint').slice(0, 6);
    expect(points.join(' ')).to.equal('start step epoch validating validation step');
    const checkpoints = told.filter((type) => type === 'checkpoint');
    expect(checkpoints).to.have.length(4);
    for (const [crash, isPoint] of [
      ...points.map((_, index) => [index, (type: string) => type !== 'checkpoint'] as const),
      ...checkpoints.map((_, index) => [index, (type: string) => type === 'checkpoint'] as const),
    ]) {
      const run = `crash-${crash}-${isPoint('checkpoint')}`;
      let count = 0;
      const crashing = train(loaded, {
        folder: join(path, run),
        onEvent: ({ type }) => {
          if (isPoint(type) && count++ === crash) throw new Error('crash');
        },
      });
      expect(await failure(crashing)).to.have.property('message', 'crash');
      // Before the first step's result there is nothing.
      expect(existsSync(join(path, run))).to.equal(isPoint('checkpoint') || crash > 0);
      const { metrics, baselines } = await train(loaded, { folder: join(path, run), resume: true });
      expect({ metrics, baselines }, run).to.deep.equal({
        metrics: whole.metrics,
        baselines: whole.baselines,
      });
      expect(written(run), run).to.deep.equal(written('whole'));
      expect(text(run, 'metrics.json')).to.equal(text('whole', 'metrics.json'));
    }
  });

  it('goes on with the same batches on other threads after a crash within an epoch', async function () {
    this.timeout(120_000);
    const loadWith = (...overrides: string[]): Promise<LoadedConfig> =>
      load('dataset.train=8', 'train.epochs=1', 'train.checkpointEvery=1', ...overrides);
    await train(await loadWith('loader.workers=0'), { folder: join(path, 'alone') });
    const crashing = train(await loadWith('loader.workers=2'), {
      folder: join(path, 'threads'),
      onEvent: (event) => {
        if (event.type === 'checkpoint' && event.step === 2) throw new Error('crash');
      },
    });
    expect(await failure(crashing)).to.have.property('message', 'crash');
    await train(await loadWith('loader.workers=1', `loader.cache=${join(path, 'cache')}`), {
      folder: join(path, 'threads'),
      resume: true,
    });
    expect(written('threads')).to.deep.equal(written('alone'));
    expect(text('threads', 'metrics.json')).to.equal(text('alone', 'metrics.json'));
  });

  it('leaves no tensor behind, done or failed', async () => {
    const tensors = tf.memory().numTensors;
    const short = await load('train.epochs=1');
    await train(short, { folder: join(path, 'short') });
    expect(tf.memory().numTensors).to.equal(tensors);
    await train(short, { folder: join(path, 'short'), resume: true });
    expect(tf.memory().numTensors).to.equal(tensors);
    for (const override of [
      'train.best=none',
      'consistency.lambda={"depth":1}',
      'dataset.val=0',
      'dataset.train=1',
    ]) {
      expect(await failure(train(await load(override), { folder: join(path, 'failed') }))).to.be.instanceOf(
        MtlError,
      );
      expect(tf.memory().numTensors, override).to.equal(tensors);
    }
    expect(existsSync(join(path, 'failed'))).to.equal(false);
  });

  it('gives the best model’s metrics, not the last one’s', async () => {
    // Nothing is that much better: the first model stays the best one.
    const first = await load('train.earlyStopping={"patience":9,"minDelta":1000}');
    const validations: MetricValues[] = [];
    const { metrics } = await train(first, {
      folder: join(path, 'first'),
      onEvent: (event) => event.type === 'validation' && validations.push(event.metrics),
    });
    expect(validations).to.have.length(2);
    expect(validations[1]).to.not.deep.equal(validations[0]);
    expect(metrics).to.deep.equal(validations[0]);
  });

  it('stops after the step under way when it is told to, with everything saved', async () => {
    const stop = new AbortController();
    const told: TrainingEvent['type'][] = [];
    const run = train(await load(), {
      folder: join(path, 'stopped'),
      signal: stop.signal,
      onEvent: ({ type }) => {
        told.push(type);
        if (type === 'step') stop.abort();
      },
    });
    const error = await failure(run);
    expect(error).to.have.property('code', 'INTERRUPTED');
    expect(error.message).to.contain(`--resume --run ${join(path, 'stopped')}`);
    expect(told).to.deep.equal(['start', 'step', 'checkpoint', 'stopped']);
    expect(existsSync(join(path, 'stopped', 'checkpoints', 'last.safetensors'))).to.equal(true);
    expect(existsSync(join(path, 'stopped', 'metrics.json'))).to.equal(false);
  });

  async function failure(work: Promise<unknown>): Promise<Error> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(Error);
    return error as Error;
  }
});
