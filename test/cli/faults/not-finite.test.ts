import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { BatchReport, TrainingEvent } from '../../../core/index.js';
import { events, expectOneError, filesIn, mtl, workFolder, write, writeConfig } from '../mtl.js';
import { expectUndisturbed, small, struckAt } from './faults.js';

const core = new URL('../../../core/index.js', import.meta.url).href;

/** The depth loss of one sample, and so of the batch that it is in, is no number. */
const broken = `
  import { definePlugin, definePart } from ${JSON.stringify(core)};
  import * as all from ${JSON.stringify(new URL('../../../plugins/datasets/scenes/index.js', import.meta.url).href)};
  export default definePlugin({ name: 'broken', datasets: { broken: definePart({
    description: 'Scenes, one of them without sense.', options: all.scenes.options,
    create: (options, deps) => {
      const dataset = all.scenes.create(options, deps);
      return { size: dataset.size, labels: dataset.labels, split: async (name) => {
        const split = await dataset.split(name);
        return { length: split.length, groups: split.groups, sample: async (index) => {
          const sample = await split.sample(index);
          if (name === 'train' && index === 5) sample.labels.depth.data.fill(Infinity);
          return sample;
        } };
      } };
    },
  }) } });
`;

describe('mtl train and losses that are no numbers', function () {
  this.timeout(120_000);
  const work = workFolder();
  const configOf = (train: object): object => ({
    ...small,
    dataset: { ...small.dataset, name: 'broken' },
    plugins: ['./broken.mjs'],
    loader: { workers: 0 },
    train: { ...small.train, batchSize: 2, ...train },
  });

  before(() => {
    write(work.path, 'broken.mjs', broken);
    writeConfig(work.path, configOf({}));
    writeConfig(work.path, configOf({ nonFinite: 'rollback', checkpointEvery: 3 }), 'back.json');
  });

  it('keeps the batch, says where, and mtl inspect-batch shows it', async () => {
    const { code, stderr } = await mtl(['train', '--run', 'stop'], work.path);
    expect(code).to.equal(1);
    expectOneError(
      stderr,
      work.path,
      /The loss of task "depth" is .*; the batch is in FOLDER\/stop\/problem, and "mtl inspect-batch FOLDER\/stop" shows it/,
    );
    expect(filesIn(join(work.path, 'stop', 'problem'))).to.deep.equal(['batch.safetensors', 'problem.json']);
    const shown = await mtl(['inspect-batch', 'stop', '--out', 'batch.png', '--json'], work.path);
    expect(shown).to.include({ code: 0, stderr: '' });
    const report = JSON.parse(shown.stdout) as BatchReport;
    expect(report.ids).to.have.length(2).and.include('train/5');
    expect(report.losses.segmentation!.total).to.be.a('number');
    expect(report.losses.depth!.total).to.match(/^(NaN|Infinity)$/);
    expect(report.arrays['depth/value']).to.include({ infinite: 32 * 64 });
    expect(report.arrays.image).to.include({ nan: 0, infinite: 0 });
    expect(existsSync(join(work.path, 'batch.png'))).to.equal(true);
    const plain = await mtl(['inspect-batch', 'stop'], work.path);
    expect(plain.stdout).to.match(/Samples: .*train\/5[^]*depth\/value +│ 2×32×64×1/);
  });

  it('says so where a run has no such batch', async () => {
    writeConfig(work.path, small, 'small.json');
    expect((await mtl(['train', '--run', 'good', '--config', 'small.json'], work.path)).code).to.equal(0);
    const { code, stderr } = await mtl(['inspect-batch', 'good'], work.path);
    expect(code).to.equal(1);
    expectOneError(
      stderr,
      work.path,
      /the run: expected one that ended with a loss .*, found no good\/problem/,
    );
  });

  it('goes back and on, at half the rate, to the bit also where it is stopped between two checkpoints', async () => {
    const flags = ['--config', 'back.json'];
    expect((await mtl(['train', '--run', 'back', ...flags], work.path)).code).to.equal(0);
    const told = events(join(work.path, 'back')) as readonly TrainingEvent[];
    const back = told.filter((event) => event.type === 'rollback');
    // Once an epoch: the sample is in one batch of each.
    expect(back.map(({ rollbacks }) => rollbacks)).to.deep.equal([1, 2]);
    for (const { step, backTo } of back) expect(backTo).to.be.below(step).and.oneOf([0, 3, 4, 6]);
    const rates = told.flatMap((event) => (event.type === 'step' ? [event.learningRate] : []));
    expect(new Set(rates)).to.deep.equal(new Set([0.001, 0.0005]));
    for (const step of [1, 2, 5, 7]) {
      const run = `stopped-${step}`;
      const line = new RegExp(`"(step|rollback)".*"step":${step},`);
      const args = ['train', '--run', run, ...flags];
      const ended = await struckAt(args, work.path, line, (kill) => kill('SIGINT'));
      expect(ended.code).to.equal(130);
      await expectUndisturbed(work.path, run, 'back');
    }
  });

  it('goes back only so many times', async () => {
    const args = ['train', '--run', 'often', '--config', 'back.json', '--set', 'train.maxRollbacks=1'];
    const { code, stderr } = await mtl(args, work.path);
    expect(code).to.equal(1);
    expectOneError(stderr, work.path, /The loss of task "depth" is .* \(rollbacks: 1\); the batch is in/);
    const notes = JSON.parse(
      readFileSync(join(work.path, 'often', 'problem', 'problem.json'), 'utf8'),
    ) as object;
    expect(notes).to.include({ epoch: 1, learningRate: 0.0005, seed: 0 });
  });
});
