import { cpSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Random } from '../../core/index.js';
import {
  events,
  expectOneError,
  filesIn,
  mtl,
  mtlHere,
  start,
  tiny,
  twoAtOnce,
  workFolder,
  writeConfig,
  type Ended,
} from './mtl.js';

/** Two batches a validation, so that a kill can fall into it. Transfer nets would only take time here. */
const config = {
  ...tiny,
  dataset: { ...tiny.dataset, val: 5 },
  consistency: null,
  train: { ...tiny.train, epochs: 3, checkpointEvery: 1 },
};

/** Ends a run from outside: at the first line of its output that fits, after some milliseconds. */
interface Blow {
  readonly line: RegExp;
  readonly after?: number;
  readonly signal?: NodeJS.Signals;
}

describe('mtl train --resume', () => {
  const work = workFolder();
  const whole = (): string => join(work.path, 'whole');
  /** How the process ended that was struck by each blow, and last the one that was left alone. */
  const ends: Record<string, Ended[]> = {};
  const random = new Random(0, 'kills');

  const atStep = (): Blow => ({ line: /"type":"step"/, after: random.integer(40) });
  const chains: Readonly<Record<string, readonly (Blow | 'write')[]>> = {
    // At random moments, within a validation, after an epoch, while a checkpoint is written.
    killed: [
      atStep(),
      { line: /"validating".*"done":1/ },
      { line: /"type":"epoch"/ },
      'write',
      atStep(),
      atStep(),
    ],
    // Without a checkpoint within its epochs.
    rare: [
      { line: /"type":"step"/ },
      { line: /"step":3,/, signal: 'SIGINT' },
      { line: /"type":"step"/, signal: 'SIGTERM' },
    ],
  };

  before(async function () {
    this.timeout(240_000);
    writeConfig(work.path, config);
    writeConfig(work.path, { ...config, train: { ...config.train, checkpointEvery: null } }, 'rare.json');
    await twoAtOnce(['whole', ...Object.keys(chains)], async (run) => {
      const found: Ended[] = (ends[run] = []);
      for (const blow of [...(chains[run] ?? []), undefined]) {
        const config = run === 'rare' ? ['--config', 'rare.json'] : [];
        const args = ['train', '--run', run, ...(found.length > 0 ? ['--resume'] : config)];
        if (blow === undefined) found.push(await mtl(args, work.path));
        else found.push(await (blow === 'write' ? strikeAtWrite(args, run) : strike(args, blow)));
      }
    });
  });

  async function strike(
    args: readonly string[],
    { line, after = 0, signal = 'SIGKILL' }: Blow,
  ): Promise<Ended> {
    let struck = false;
    const running = start([...args, '--json'], work.path, (text) => {
      if (struck || !line.test(text)) return;
      struck = true;
      if (after === 0) running.child.kill(signal);
      else setTimeout(() => running.child.kill(signal), after);
    });
    return running.ended;
  }

  /** Kills a run as soon as a checkpoint is being written beside its place. */
  async function strikeAtWrite(args: readonly string[], run: string): Promise<Ended> {
    const running = start(args, work.path);
    const watcher = watch(join(work.path, run, 'checkpoints'), (_, file) => {
      if (file?.endsWith('.tmp')) running.child.kill('SIGKILL');
    });
    const ended = await running.ended;
    watcher.close();
    return ended;
  }

  /** The run ended as the one that was left alone. */
  function expectEqual(run: string): void {
    expect(ends.whole!.at(-1)!.code).to.equal(0);
    expect(ends[run]!.at(-1)).to.include({ code: 0, stderr: '' });
    const folder = join(work.path, run);
    expect(events(folder)).to.deep.equal(events(whole()));
    expect(readFileSync(join(folder, 'metrics.json'), 'utf8')).to.equal(
      readFileSync(join(whole(), 'metrics.json'), 'utf8'),
    );
    // Nothing that a kill left half-written.
    expect(filesIn(folder)).to.deep.equal(filesIn(whole()));
  }

  it('ends as a run that was never killed, wherever it was', () => {
    const codes = ends.killed!.map(({ code }) => code);
    expect(codes).to.deep.equal([...new Array<string>(6).fill('SIGKILL'), 0]);
    expectEqual('killed');
  });

  it('starts again where it was killed before the first checkpoint; SIGINT and SIGTERM finish the step and save', () => {
    const [killed, ...interrupted] = ends.rare!.slice(0, -1);
    expect(killed!.code).to.equal('SIGKILL');
    for (const { code, stdout, stderr } of interrupted) {
      expect(code).to.equal(130);
      expect(stderr).to.equal('Finishing the step and saving … (again to stop at once)\n');
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.at(-2)).to.include({ type: 'stopped', reason: 'interrupted' });
      expect(lines.at(-1)).to.have.nested.property('error.code', 'INTERRUPTED');
    }
    const resumedAt = ends.rare!.map(({ stdout }) =>
      Number(/"resumedAt":(\d+)|goes on after step (\d+)/.exec(stdout)?.slice(1).join('')),
    );
    expect(resumedAt.slice(0, 2)).to.deep.equal([0, 0]);
    expect(resumedAt[2]).to.be.at.least(3);
    expect(resumedAt[3]).to.be.above(resumedAt[2]!);
    expectEqual('rare');
  });

  it('goes on with the newest run where none is named', async () => {
    const { code, stderr } = await mtlHere(['train', '--resume'], work.path);
    expect(code).to.equal(1);
    expectOneError(
      stderr,
      work.path,
      /--resume: expected a run in FOLDER\/runs, found none; name the run’s folder with --run/,
    );
    for (const run of ['older', 'newer']) cpSync(whole(), join(work.path, 'runs', run), { recursive: true });
    const { stdout } = await mtlHere(['train', '--resume'], work.path);
    expect(stdout).to.match(/\nRun +runs\/newer\n/);
  });

  it('refuses another config, naming the keys that differ', async () => {
    const flags = ['--set', 'train.batchSize=2', '--set', 'dataset.train=16'];
    for (const named of [[], ['--config', 'mtl.config.json']]) {
      const { code, stderr } = await mtlHere(
        ['train', '--resume', '--run', 'whole', ...named, ...flags],
        work.path,
      );
      expect(code).to.equal(1);
      expectOneError(
        stderr,
        work.path,
        /--resume: the config differs .*FOLDER\/whole was started with: dataset\.train \(8, now 16\), train\.batchSize \(4, now 2\); undo/,
      );
    }
  });

  it('trains for more epochs where the config says so', async () => {
    cpSync(whole(), join(work.path, 'longer'), { recursive: true });
    const flags = ['--resume', '--run', 'longer', '--set', 'train.epochs=4'];
    expect(await mtlHere(['train', ...flags], work.path)).to.include({ code: 0, stderr: '' });
    const [before, after] = [events(whole()), events(join(work.path, 'longer'))];
    expect(after.slice(0, before.length)).to.deep.equal(before);
    expect(after.slice(before.length)).to.have.length(4);
    // The run remembers it.
    const again = await mtlHere(['train', '--resume', '--run', 'longer'], work.path);
    expect(again).to.include({ code: 0, stderr: '' });
    expect(events(join(work.path, 'longer'))).to.deep.equal(after);
  });
});
