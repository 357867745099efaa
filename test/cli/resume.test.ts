import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Random, type Environment, type TrainingEvent } from '../../core/index.js';
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
    expect(stdout).to.match(/Run: runs\/newer\n$/);
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

  it('names a checkpoint that is damaged, and the one to go on from instead, which ends alike', async () => {
    const run = join(work.path, 'damaged');
    const args = ['train', '--resume', '--run', 'damaged'];
    cpSync(whole(), run, { recursive: true });
    const file = join(run, 'checkpoints', 'last.safetensors');
    const kept = readFileSync(join(run, 'events.jsonl'), 'utf8');
    for (const damage of [
      () => truncateSync(file, 1000),
      () => appendFileSync(file, 'x'),
      () => truncateSync(file, 0),
      () => rmSync(file),
    ]) {
      copyAnew(join(whole(), 'checkpoints', 'last.safetensors'), file);
      damage();
      const { code, stderr } = await mtlHere(args, work.path);
      expect(code).to.equal(1);
      expectOneError(
        stderr,
        work.path,
        /--resume: .*FOLDER\/damaged\/checkpoints\/last\.safetensors.*; go on after step 6 with: mtl train --resume --run FOLDER\/damaged --from previous\n/,
      );
    }
    // Nothing was touched.
    expect(readFileSync(join(run, 'events.jsonl'), 'utf8')).to.equal(kept);
    const { code, stderr } = await mtlHere([...args, '--from', 'previous'], work.path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(events(run)).to.deep.equal(events(whole()));
    expect(readFileSync(join(run, 'metrics.json'), 'utf8')).to.equal(
      readFileSync(join(whole(), 'metrics.json'), 'utf8'),
    );
    for (const name of ['previous', 'last'])
      writeFileSync(join(run, 'checkpoints', `${name}.safetensors`), '');
    expectOneError(
      (await mtlHere(args, work.path)).stderr,
      work.path,
      /last\.safetensors: .*; put a copy of the file back, or train anew in another folder with --run\n/,
    );
  });

  it('goes back to a checkpoint that was kept, by its number, and to no other', async () => {
    const flags = ['--set', 'train.keepEvery=2', '--set', 'train.checkpointEvery=null'];
    expect((await mtlHere(['train', '--run', 'kept', ...flags], work.path)).code).to.equal(0);
    const run = join(work.path, 'kept');
    const names = ['step-000002', 'step-000004', 'step-000006'].map((name) => `${name}.safetensors`);
    expect(readdirSync(join(run, 'checkpoints'))).to.have.members([
      ...['best', 'last', 'previous'].map((name) => `${name}.safetensors`),
      ...names,
    ]);
    expect(events(run)).to.deep.equal(events(whole()));
    for (const from of ['step-2', '000004', names[1]!]) {
      const { code, stdout } = await mtlHere(
        ['train', '--resume', '--run', 'kept', '--from', from],
        work.path,
      );
      expect(code).to.equal(0);
      expect(stdout).to.match(from === 'step-2' ? /goes on after step 2\n/ : /goes on after step 4\n/);
      expect(events(run)).to.deep.equal(events(whole()));
    }
    const environment = JSON.parse(readFileSync(join(run, 'environment.json'), 'utf8')) as Environment;
    expect(environment.resumed!.map(({ engine, step }) => [engine, step])).to.deep.equal([
      ['wasm', 2],
      ['wasm', 4],
      ['wasm', 4],
    ]);
    for (const [from, says] of [
      [
        'best',
        /--from: expected one of last, previous, step-000006, step-000004, step-000002, found "best"; best is the model alone/,
      ],
      ['step-3', /--from: .*found "step-3"\n/],
      ['../kept', /--from: .*found "\.\.\/kept"\n/],
    ] as const) {
      const { stderr } = await mtlHere(['train', '--resume', '--run', 'kept', '--from', from], work.path);
      expectOneError(stderr, work.path, says);
    }
  });

  it('lets what changes no number differ', async () => {
    const flags = [
      ...['train.checkpointEvery=2', 'train.keepEvery=2', 'train.diagnostics=1'],
      ...['loader.prefetch=1', 'loader.memory=1', 'engine.threads=2'],
    ].flatMap((flag) => ['--set', flag]);
    cpSync(join(work.path, 'kept'), join(work.path, 'harmless'), { recursive: true });
    const args = ['train', '--resume', '--run', 'harmless', '--from', 'step-2', ...flags];
    const { code, stdout, stderr } = await mtlHere(args, work.path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.not.contain('tolerance');
    const withoutDiagnostics = events(join(work.path, 'harmless')).map((event) => ({
      ...event,
      diagnostics: undefined,
    }));
    expect(withoutDiagnostics).to.deep.equal(
      events(whole()).map((event) => ({ ...event, diagnostics: undefined })),
    );
    const validation = ['train', '--resume', '--run', 'harmless', '--set', 'train.validateEvery=2'];
    expect((await mtlHere(validation, work.path)).stderr).to.contain('train.validateEvery (1, now 2)');
  });

  it('is refused while another process trains in the folder', async () => {
    let told: (() => void) | undefined;
    const stepping = new Promise<void>((resolve) => (told = resolve));
    const args = ['train', '--run', 'busy', '--set', 'train.epochs=1000'];
    const running = start([...args, '--json'], work.path, (line) => /"type":"step"/.test(line) && told?.());
    await stepping;
    for (const more of [[], ['--resume']]) {
      const { code, stderr } = await mtlHere(['train', '--run', 'busy', ...more], work.path);
      expect(code).to.equal(1);
      expectOneError(
        stderr,
        work.path,
        new RegExp(
          `the run folder: .*found process ${running.child.pid} on this host .* since 20.*; wait for it`,
        ),
      );
    }
    running.child.kill('SIGKILL');
    await running.ended;
    const again = await mtlHere(
      ['train', '--run', 'busy', '--resume', '--set', 'train.epochs=1', '--json'],
      work.path,
    );
    expect(again).to.include({ code: 0, stderr: '' });
    expect(filesIn(join(work.path, 'busy'))).to.not.include('run.lock');
  });

  it('says so where another engine goes on', async function () {
    const { engines } = JSON.parse((await mtlHere(['doctor', '--json'], work.path)).stdout) as {
      engines: { name: string; usable: boolean }[];
    };
    if (!engines.some(({ name, usable }) => name === 'torch' && usable)) return this.skip();
    cpSync(whole(), join(work.path, 'moved'), { recursive: true });
    const args = ['train', '--resume', '--run', 'moved', '--from', 'previous', '--engine', 'torch'];
    const { code, stdout, stderr } = await mtl(args, work.path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const says =
      /goes on with the engine torch \(.*\), and ran with wasm \(.*\) before: .* only within tolerance\./;
    expect(stdout).to.match(says);
    const notes = (events(join(work.path, 'moved')) as TrainingEvent[]).flatMap((event) =>
      event.type === 'note' ? [event.text] : [],
    );
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(says);
  });
});

/** A copy in a new file: what has another name is not changed by what is done to it. */
function copyAnew(from: string, to: string): void {
  rmSync(to, { force: true });
  cpSync(from, to);
}
