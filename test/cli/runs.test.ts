import { join } from 'node:path';
import { expect } from 'chai';
import { comparisonTables, runsTable } from '../../cli/runs-report.js';
import type { RunComparison, RunListing } from '../../core/index.js';
import { expectOneError, mtlHere, tiny, workFolder, writeConfig } from './mtl.js';

const config = { ...tiny, consistency: null, train: { ...tiny.train, epochs: 1 } };

describe('mtl runs', () => {
  const work = workFolder();

  before(async () => {
    writeConfig(work.path, config);
    for (const [name, ...flags] of [['first'], ['second', '--set', 'train.seed=1']] as const) {
      const { code } = await mtlHere(['train', '--run', join('runs', name), ...flags], work.path);
      expect(code).to.equal(0);
    }
  });

  it('lists runs', async () => {
    const { code, stdout, stderr } = await mtlHere(['runs'], work.path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(
      /│ run +│ started +│ state +│ epoch │ best model +│ engine │\n.*\n│ second │ 20[-\d: ]{14} │ finished │ +1\/1 │ segmentation miou 0\.\d+, depth absolute [\d.]+ +│ wasm +│\n│ first /,
    );
    const listed = JSON.parse((await mtlHere(['runs', 'runs', '--json'], work.path)).stdout) as RunListing[];
    expect(listed.map(({ name, state }) => [name, state])).to.deep.equal([
      ['second', 'finished'],
      ['first', 'finished'],
    ]);
    expect((await mtlHere(['runs', 'runs/first'], work.path)).stdout).to.equal('No runs in runs/first.\n');
    const { stderr: none } = await mtlHere(['runs', 'none'], work.path);
    expectOneError(
      none,
      work.path,
      /the folder of runs: expected a folder, found nothing of the kind at FOLDER\/none/,
    );
  });

  it('compares two', async () => {
    const names = ['runs/first', 'runs/second'];
    const { code, stdout } = await mtlHere(['runs', '--compare', ...names], work.path);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/│ config +│ first │ second │\n.*\n│ train\.seed │ 0 +│ 1 +│/)
      .and.match(/│ environment │ first │ second │\n.*\n│ seed +│ 0 +│ 1 +│/)
      .and.match(/│ best model +│ +first │ +second │\n.*\n│ segmentation miou +│ +0\.\d+ │ +0\.\d+ │/);
    const found = JSON.parse(
      (await mtlHere(['runs', ...names, '--json'], work.path)).stdout,
    ) as RunComparison;
    expect(found.config).to.deep.equal([{ path: 'train.seed', before: 0, now: 1 }]);
    const { code: wrong, stderr } = await mtlHere(['runs', '--compare', 'runs/first'], work.path);
    expect(wrong).to.equal(2);
    expect(stderr).to.match(/--compare takes the folders of two runs/);
  });

  it('keeps its tables within the terminal', () => {
    const widest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length));
    const run: RunListing = {
      name: 'xtasc-net-2026-03-01T09-30-00',
      path: '/runs/a',
      started: '2026-03-01T09:30:00.000Z',
      state: 'unfinished',
      epoch: 3,
      epochs: 250,
      metrics: { segmentation: { miou: 0.5 }, depth: { absolute: 0.25 }, normals: { mean: 20 } },
      engine: 'torch',
    };
    for (const columns of [90, 110, 130]) {
      expect(widest(runsTable([run], columns))).to.be.at.most(columns);
    }
    expect(runsTable([run], 90)).to.not.contain('engine');
    expect(runsTable([run], undefined).split('\n')).to.have.length(5);
    const difference = { path: 'dataset.labels', before: 'x'.repeat(200), now: ['y'.repeat(200)] };
    const comparison: RunComparison = {
      runs: [
        { ...run, name: 'a' },
        { ...run, name: 'b' },
      ],
      config: [difference],
      environment: [],
      metrics: {},
    };
    const tables = comparisonTables(comparison, 80);
    expect(widest(tables)).to.be.at.most(80);
    expect(tables).to.match(/environment: no difference\n\nbest model: neither run was validated yet$/);
  });
});
