import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ComparisonResult } from '../../core/index.js';
import { tinyComparison } from '../core/compare/tiny-comparison.js';
import { describeOn } from '../engines.js';
import { killRank, launched, rankEnvironment } from './launched.js';
import { expectOneError, mtl, start, workFolder, write, type Running } from './mtl.js';

const base = {
  ...tinyComparison.base,
  engine: { name: 'torch', threads: 1 },
  train: { ...tinyComparison.base.train, epochs: 10 },
  distributed: { timeout: 20, startTimeout: 60 },
};

describeOn('torch', 'mtl compare on several ranks', function () {
  this.timeout(240_000);
  const work = workFolder();
  const grid = (changes: object = {}, name = 'grid.json'): string =>
    write(work.path, name, JSON.stringify({ ...tinyComparison, base, ...changes }));
  const compare = (out: string, ...more: readonly string[]) =>
    mtl(['compare', '--file', 'grid.json', '--out', out, ...more], work.path);
  const read = (...path: readonly string[]): string => readFileSync(join(work.path, ...path), 'utf8');
  const table = (out: string): unknown => JSON.parse(read(out, 'table.json'));
  const states = (out: string): readonly string[] =>
    (JSON.parse(read(out, 'comparison.json')) as { result: ComparisonResult }).result.cells.map(
      ({ state }) => state,
    );
  const checkpoint = (out: string, run: string): string =>
    join(work.path, out, 'runs', run, 'checkpoints/last.safetensors');
  /** Where each training of each run began. */
  const starts = (out: string): Readonly<Record<string, readonly string[]>> =>
    Object.fromEntries(
      readdirSync(join(work.path, out, 'runs')).map((run) => [
        run,
        read(out, 'runs', run, 'events.jsonl').match(/"resumedAt":\d+/g) ?? [],
      ]),
    );
  /** Starts two ranks, and does something once both are in the midst of a run. */
  const startTwo = (out: string, then: (running: Running) => void): Running => {
    let done = false;
    const args = ['compare', '--file', 'grid.json', '--out', out, '--nproc', '2', '--json'];
    const running = start(args, work.path, (line) => {
      const begun = ['single-seed3', 'single-seed5'].every((run) => existsSync(checkpoint(out, run)));
      if (done || !begun || !/"type":"step"/.test(line)) return;
      done = true;
      then(running);
    });
    return running;
  };

  before(async () => {
    grid();
    expect(await compare('alone')).to.include({ code: 0, stderr: '' });
  });

  it('each train runs of their own, each one once, and come to the same table to the bit', async () => {
    const { code, stdout, stderr } = await compare('two', '--nproc', '2');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(table('two')).to.deep.equal(table('alone'));
    expect(states('two')).to.deep.equal(['done', 'done', 'done', 'done']);
    const once = ['single-seed3', 'single-seed5', 'xtasc-net-seed3', 'xtasc-net-seed5'];
    expect(starts('two')).to.deep.equal(Object.fromEntries(once.map((run) => [run, ['"resumedAt":0']])));
    // Rank 0 alone tells, of its own runs and of the others'.
    const own = stdout.match(/^Run \d of 4: .*$/gm) ?? [];
    const others = stdout.match(/^.*, seed \d, by other ranks: done$/gm) ?? [];
    expect(own).to.not.be.empty;
    expect(others).to.not.be.empty;
    expect(own.length + others.length).to.equal(4);
    expect(stdout.match(/All 4 runs are done/g)).to.have.length(1);
    expect(read('two', 'table.md')).to.equal(read('alone', 'table.md'));
    expect(existsSync(join(work.path, 'two', 'run.lock'))).to.equal(false);
  });

  it('in groups train each run as mtl train --nproc does, and measure on the test split', async () => {
    const { code, stderr } = await compare('pairs', '--nproc', '4', '--group', '2');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(Object.values(starts('pairs')).flat()).to.deep.equal(Array(4).fill('"resumedAt":0'));
    const { config } = JSON.parse(read('pairs/runs/xtasc-net-seed5/config.json')) as { config: object };
    write(work.path, 'cell.json', JSON.stringify(config));
    const trained = await mtl(['train', '--config', 'cell.json', '--run', 'cell', '--nproc', '2'], work.path);
    expect(trained).to.include({ code: 0, stderr: '' });
    expect(read('pairs/runs/xtasc-net-seed5/metrics.json')).to.equal(read('cell/metrics.json'));
    expect(read('pairs/runs/xtasc-net-seed5/environment.json')).to.match(/, 2 ranks"/);
    // What is trained is only measured; new runs are trained, and their leader measures them while the other one waits.
    grid({ split: 'test', seeds: [3, 5, 7] }, 'test.json');
    const args = ['compare', '--file', 'test.json', '--out', 'pairs'];
    const tested = await mtl([...args, '--nproc', '2', '--group', '2'], work.path);
    expect(tested).to.include({ code: 0, stderr: '' });
    expect(Object.values(starts('pairs')).flat()).to.deep.equal(Array(6).fill('"resumedAt":0'));
    expect(states('pairs')).to.deep.equal(Array(6).fill('done'));
    const { split } = JSON.parse(read('pairs/cells/xtasc-net-seed7.json')) as { split: string };
    expect(split).to.equal('test');
  });

  it('wait for a run that another one takes', async () => {
    const taught = {
      base: {
        ...base,
        ...{ backbone: { name: 'segnet', width: 2 }, architecture: {} },
        train: { ...base.train, epochs: 2 },
      },
      axes: {
        model: {
          KD4MTL: { extends: 'kd4mtl', auxiliary: [{ name: 'kd4mtl', teachers: 'row:STAN' }] },
          STAN: { extends: 'stan' },
        },
      },
      seeds: [3],
      baseline: 'STAN',
    };
    grid(taught, 'taught.json');
    const args = ['compare', '--file', 'taught.json', '--out', 'taught', '--nproc', '2'];
    expect(await mtl(args, work.path)).to.include({ code: 0, stderr: '' });
    expect(states('taught')).to.deep.equal(['done', 'done']);
    const taken = statSync(join(work.path, 'taught/runs/stan-seed3/metrics.json')).mtimeMs;
    const { started } = JSON.parse(read('taught/runs/kd4mtl-seed3/environment.json')) as { started: string };
    expect(Date.parse(started)).to.be.above(taken);
  });

  it('go on without one that is killed, and the same command does what it left', async () => {
    const { code, stdout, stderr } = await startTwo('killed', ({ child }) => killRank(1, child.pid!)).ended;
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      'Error: rank 1 was ended by SIGKILL; the same command goes on with what is not done\n',
    );
    const { cells } = JSON.parse(stdout.trim().split('\n').at(-1)!) as ComparisonResult;
    expect(cells.map(({ state }) => state).toSorted()).to.deep.equal(['done', 'done', 'done', 'waiting']);
    expect(states('killed')).to.deep.equal(cells.map(({ state }) => state));
    expect(await compare('killed', '--nproc', '2')).to.include({ code: 0, stderr: '' });
    expect(table('killed')).to.deep.equal(table('alone'));
  });

  it('all stop at Ctrl-C, saved, and the same command goes on', async () => {
    const { code, stdout } = await startTwo('stopped', ({ child }) => child.kill('SIGINT')).ended;
    expect(code).to.equal(130);
    expect(stdout).to.match(/Stopped and saved, \d of 4 runs done; go on with: mtl compare --out stopped/);
    expect(states('stopped')).to.include('waiting');
    expect(await mtl(['compare', '--out', 'stopped', '--nproc', '2'], work.path)).to.include({ code: 0 });
    expect(table('stopped')).to.deep.equal(table('alone'));
    // Both were in the midst of a run.
    const resumed = Object.values(starts('stopped')).filter((times) => times.length > 1);
    expect(resumed).to.have.length(2);
    expect(resumed.flatMap((times) => times.slice(1))).to.not.include('"resumedAt":0');
  });

  it('write down a run that fails on all ranks of its group, and go on', async () => {
    const fast = { extends: 'xtasc-net', train: { optimizer: { name: 'sgd', lr: 1e30 } } };
    grid({ seeds: 1, axes: { model: { fast, single: { extends: 'st-net' } } } }, 'failing.json');
    const args = ['compare', '--file', 'failing.json', '--nproc', '2', '--group', '2', '--out', 'failing'];
    const { code, stdout, stderr } = await mtl(args, work.path);
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
    expect(states('failing')).to.deep.equal(['failed', 'done']);
    expect(stdout)
      .to.match(/\nFailed: fast, seed 0: /)
      .and.match(/1 of 2 runs failed; the same command tries them again\./);
  });

  it('refuse ranks that compare something else, naming one and in what', async () => {
    const args = ['compare', '--file', 'grid.json', '--out', 'differ'];
    for (const { code, stderr } of await launched(work.path, args, [[], ['--set', 'train.epochs=7']])) {
      expect(code).to.equal(1);
      expectOneError(
        stderr,
        work.path,
        /rank 1 differs from rank 0: runs\.single-seed3\.train\.epochs \(10, on rank 1 7\), /,
      );
    }
    const groups = await launched(work.path, args, [[], ['--group', '2']]);
    expect(groups[0]!.stderr).to.match(
      /rank 1 was told that there are 2 ranks, rank 0 that there are 2 ranks in groups of 1/,
    );
    expect(existsSync(join(work.path, 'differ'))).to.equal(false);
  });

  it('all end where rank 0 cannot use the folder', async () => {
    write(work.path, 'other/file', '');
    const args = ['compare', '--file', 'grid.json', '--out', 'other'];
    for (const { code, stderr } of await launched(work.path, args, [[], []])) {
      expect(code).to.equal(1);
      expectOneError(stderr, work.path, /the folder of the comparison: expected a new or empty folder/);
    }
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['groups that do not come out even', ['--group', '3'], /--group: expected a divisor of .*, 4, found 3/],
    [
      'an engine that computes in one process alone',
      ['--set', 'engine=wasm'],
      /engine of row "single": expected one that several processes can share, found "wasm"; take --engine torch/,
    ],
    [
      'fewer images than a group has ranks',
      ['--group', '4'],
      /train\.batchSize of row "single": expected at least 4, an image for each rank of a group, found 2/,
    ],
  ];
  for (const [what, args, says] of refused) {
    it(`refuse ${what}`, async () => {
      const { code, stderr } = await mtl(
        ['compare', '--file', 'grid.json', '--out', 'refused', ...args],
        work.path,
        rankEnvironment(0, 4, 1),
      );
      expect(code).to.equal(2);
      expectOneError(stderr, work.path, says);
    });
  }

  it('refuse groups of one process, and --nproc under a launcher', async () => {
    const one = await compare('refused', '--group', '2');
    expect(one.code).to.equal(2);
    expectOneError(
      one.stderr,
      work.path,
      /--group: expected several ranks to make groups of, found one process/,
    );
    const args = ['compare', '--file', 'grid.json', '--nproc', '2'];
    const launcher = await mtl(args, work.path, rankEnvironment(0, 2, 1));
    expect(launcher.code).to.equal(2);
    expectOneError(launcher.stderr, work.path, /--nproc: expected no launcher that starts the ranks itself/);
  });
});
