import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { deltaM, evaluateRun, hasGain, loadRunConfig, train, type RunResult } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { load } from './tiny.js';

describe('evaluateRun', () => {
  let path = '';
  let [one, other]: RunResult[] = [];
  const folder = (name: string): string => join(path, name);
  const config = (name: string, ...overrides: string[]) => loadRunConfig(folder(name), [builtin], overrides);
  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'evaluate-'));
    one = await train(await load('train.epochs=1'), { folder: folder('one') });
    // Another architecture, other tasks, other data.
    const changes = [
      'train.epochs=1',
      'architecture=single',
      'consistency=null',
      'dataset.val=1',
      'dataset.seed=5',
    ];
    other = await train(await load(...changes), { folder: folder('other') });
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  it('finds what the training found', async () => {
    const { split, ...result } = await evaluateRun(await config('one'), {
      folder: folder('one'),
      split: 'val',
    });
    expect(split).to.equal('val');
    expect(result).to.deep.equal(one);
  });

  it('measures the baseline on the run’s data, whatever it was trained on', async () => {
    const tensors = tf.memory().numTensors;
    const baseline = { folder: folder('other'), loaded: await config('other') };
    const found = await evaluateRun(await config('one'), { folder: folder('one'), split: 'val', baseline });
    const { metrics: reference } = await evaluateRun(
      await config('other', 'dataset.val=2', 'dataset.seed=0'),
      {
        folder: folder('other'),
        split: 'val',
      },
    );
    expect(reference).to.not.deep.equal(other!.metrics);
    const lower = new Set(['absolute', 'relative', 'rmse', 'rmseLog']);
    const pairs = Object.entries(found.metrics).flatMap(([task, values]) =>
      Object.entries(values).map(([name, value]) => ({
        of: `${task}.${name}`,
        value,
        baseline: reference[task]![name]!,
        higherIsBetter: !lower.has(name),
      })),
    );
    expect(found.deltaM).to.equal(deltaM(pairs.filter((pair) => hasGain(pair.baseline))));
    expect(found.notInDeltaM ?? []).to.deep.equal(
      pairs.filter((pair) => !hasGain(pair.baseline)).map(({ of }) => of),
    );
    expect(tf.memory().numTensors).to.equal(tensors);
  });

  it('takes the last model where it is asked for', async () => {
    await train(await load('train.epochs=3', 'train.validateEvery=3'), { folder: folder('last') });
    const options = { folder: folder('last'), split: 'val' } as const;
    const best = await evaluateRun(await config('last'), options);
    expect(await evaluateRun(await config('last'), { ...options, checkpoint: 'last' })).to.deep.equal(best);
  });
});
