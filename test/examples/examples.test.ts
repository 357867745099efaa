import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, train, type TrainingEvent } from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { repositoryRoot } from '../repository.js';
import { tiny } from './tiny.js';

function load(name: string) {
  const file = join(repositoryRoot(), 'examples', name);
  return loadConfig({ plugins: [builtin], file, overrides: [...tiny, 'train.epochs=2'] });
}

describe('the examples', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosstask-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('quickstart trains both tasks', async () => {
    const { metrics, baselines } = await train(await load('quickstart.config.yaml'), {
      folder: join(folder, 'run'),
    });
    expect(Object.keys(metrics)).to.deep.equal(['segmentation', 'depth']);
    expect(baselines.depth!.predictor).to.equal('mean depth');
  });

  it('three tasks, two of the parts from plugins: every task is consistent with both others', async () => {
    const events: TrainingEvent[] = [];
    const config = await load('three-tasks.config.yaml');
    const { metrics } = await train(config, {
      folder: join(folder, 'run'),
      onEvent: (event) => events.push(event),
    });
    expect(Object.keys(metrics)).to.deep.equal(['segmentation', 'depth', 'obstacles']);
    const step = events.find((event) => event.type === 'step')!;
    expect(Object.keys(step.losses.obstacles!.transferred)).to.deep.equal(['segmentation', 'depth']);
    for (const { total } of Object.values(step.losses)) expect(total).to.be.finite;
  });

  it('four tasks, with edges made from the class labels, each consistent with the three others', async () => {
    const config = await load('four-tasks.config.yaml');
    const { metrics } = await train(config, { folder: join(folder, 'run') });
    expect(Object.keys(metrics)).to.deep.equal(['segmentation', 'depth', 'normals', 'edges']);
  });

  it('a weighter from a plugin resumes where it was', async () => {
    const config = await load('three-tasks.config.yaml');
    const whole = await train(config, { folder: join(folder, 'whole') });
    const stop = new AbortController();
    const parts = train(config, {
      folder: join(folder, 'parts'),
      signal: stop.signal,
      onEvent: ({ type }) => type === 'step' && stop.abort(),
    });
    await parts.then(
      () => expect.fail('it was to be interrupted'),
      (error: { code: string }) => expect(error.code).to.equal('INTERRUPTED'),
    );
    const resumed = await train(config, { folder: join(folder, 'parts'), resume: true });
    expect(resumed.metrics).to.deep.equal(whole.metrics);
  });
});
