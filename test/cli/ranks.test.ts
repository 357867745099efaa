import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../cli/local-ranks.js';
import { describeOn } from '../engines.js';
import { killRank, launched, rankEnvironment } from './launched.js';
import {
  events,
  expectOneError,
  filesIn,
  mtl,
  start,
  tiny,
  workFolder,
  writeConfig,
  type Ended,
} from './mtl.js';

/** Small steps, so that the digits in which sums of other order differ stay the last ones. */
const config = {
  ...tiny,
  engine: { name: 'torch', threads: 1 },
  consistency: null,
  train: { epochs: 2, batchSize: 4, optimizer: { name: 'sgd', lr: 0.0001 }, checkpointEvery: 1 },
  distributed: { syncBatchNorm: true, timeout: 20, startTimeout: 60 },
};

interface Told {
  readonly type: string;
  readonly step: number;
  readonly losses?: Readonly<Record<string, { readonly total: number }>>;
}

describeOn('torch', 'mtl train on several ranks', function () {
  this.timeout(240_000);
  const work = workFolder();
  const losses = (run: string): number[] =>
    (events(join(work.path, run)) as Told[])
      .filter(({ type }) => type === 'step')
      .flatMap(({ losses: byTask }) => Object.values(byTask!).map(({ total }) => total));
  const train = (args: readonly string[], own: readonly (readonly string[])[], sizes?: readonly number[]) =>
    launched(work.path, ['train', ...args], own, sizes);

  before(async () => {
    writeConfig(work.path, config);
    expect(await mtl(['train', '--run', 'alone'], work.path)).to.include({ code: 0, stderr: '' });
  });

  it('--nproc trains as one does, and rank 0 alone writes and prints', async () => {
    const { code, stdout, stderr } = await mtl(['train', '--run', 'two', '--nproc', '2'], work.path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout.match(/training and 4 validation images/g)).to.have.length(1);
    expect(filesIn(join(work.path, 'two'))).to.deep.equal(filesIn(join(work.path, 'alone')));
    const [two, alone] = [losses('two'), losses('alone')];
    expect(two).to.have.length(alone.length);
    two.forEach((loss, index) => expect(loss).to.be.closeTo(alone[index]!, 1e-4 * Math.abs(alone[index]!)));
    const written = readFileSync(join(work.path, 'two', 'environment.json'), 'utf8');
    expect((JSON.parse(written) as { engineDetail: string }).engineDetail).to.match(/, 2 ranks$/);
  });

  it('ends all where one is killed, names it, and goes on with another number of ranks', async () => {
    const running = start(['train', '--run', 'killed', '--nproc', '2', '--json'], work.path, (line) => {
      if (/"type":"checkpoint"/.test(line)) killRank(1, running.child.pid!);
    });
    const { code, stderr } = await running.ended;
    expect(code).to.equal(1);
    expect(stderr).to.match(/rank 1 was ended by SIGKILL; go on from the last checkpoint with --resume/);
    expect(await mtl(['train', '--run', 'killed', '--resume', '--nproc', '3'], work.path)).to.include({
      code: 0,
    });
    const [killed, alone] = [losses('killed'), losses('alone')];
    expect(killed).to.have.length(alone.length);
    killed.forEach((loss, index) =>
      expect(loss).to.be.closeTo(alone[index]!, 1e-4 * Math.abs(alone[index]!)),
    );
    expect(JSON.stringify(events(join(work.path, 'killed')))).to.match(/3 ranks\), and ran with .* 2 ranks/);
  });

  it('stops all after a step at Ctrl-C, saved', async () => {
    const args = ['train', '--run', 'stopped', '--nproc', '2', '--json', '--set', 'train.epochs=500'];
    let asked = false;
    const running = start(args, work.path, (line) => {
      if (asked || !/"type":"step"/.test(line)) return;
      asked = true;
      running.child.kill('SIGINT');
    });
    expect((await running.ended).code).to.equal(130);
    expect(existsSync(join(work.path, 'stopped/checkpoints/last.safetensors'))).to.equal(true);
  });

  it('refuses ranks that differ, naming the rank and the key', async () => {
    const ended = await train(['--run', 'differ'], [[], ['--set', 'train.seed=7']]);
    for (const { code, stderr } of ended) {
      expect(code).to.equal(1);
      expectOneError(
        stderr,
        work.path,
        /rank 1 differs from rank 0: config\.train\.seed \(0, on rank 1 7\); start all/,
      );
    }
    expect(existsSync(join(work.path, 'differ'))).to.equal(false);
  });

  it('refuses another number of ranks, and fewer images than ranks', async () => {
    const [first] = (await train(['--run', 'sizes'], [[], []], [2, 3])) as [Ended, Ended];
    expectOneError(
      first.stderr,
      work.path,
      /rank 1 was told that there are 3 ranks, rank 0 that there are 2/,
    );
    const { stderr } = await mtl(
      ['train', '--run', 'few'],
      work.path,
      rankEnvironment(0, 5, await freePort()),
    );
    expectOneError(
      stderr,
      work.path,
      /train\.batchSize: expected at least 5, an image for each rank, found 4/,
    );
  });

  it('refuses a port that is in use, and an engine that computes alone', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, () => resolve((server.address() as { port: number }).port)),
    );
    const taken = await mtl(['train', '--run', 'port'], work.path, rankEnvironment(0, 2, port));
    server.close();
    expect(taken.stderr).to.match(
      /rank 0 of 2, at 127\.0\.0\.1:\d+: the port is in use; choose another one with MASTER_PORT/,
    );
    const args = ['train', '--run', 'wasm', '--engine', 'wasm'];
    const { stderr } = await mtl(args, work.path, rankEnvironment(0, 2, port));
    expectOneError(
      stderr,
      work.path,
      /engine wasm: it computes in one process alone; for 2 ranks take --engine torch/,
    );
  });

  it('refuses --nproc under a launcher', async () => {
    const { code, stderr } = await mtl(['train', '--nproc', '2'], work.path, rankEnvironment(0, 2, 1));
    expect(code).to.equal(2);
    expectOneError(
      stderr,
      work.path,
      /--nproc: expected no launcher that starts the ranks itself, found rank 0 of 2/,
    );
  });
});
