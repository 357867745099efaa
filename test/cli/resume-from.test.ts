import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Environment, TrainingEvent } from '../../core/index.js';
import {
  events,
  expectOneError,
  filesIn,
  mtl,
  mtlHere,
  start,
  tiny,
  workFolder,
  writeConfig,
} from './mtl.js';

/** Transfer nets would only take time here. */
const config = {
  ...tiny,
  consistency: null,
  train: { ...tiny.train, epochs: 3, checkpointEvery: 1 },
};

describe('mtl train --resume, in a folder where not all is well', () => {
  const work = workFolder();
  const whole = (): string => join(work.path, 'whole');

  before(async function () {
    this.timeout(120_000);
    writeConfig(work.path, config);
    expect((await mtl(['train', '--run', 'whole'], work.path)).code).to.equal(0);
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
      ...['train.checkpointEvery=2', 'train.keepEvery=2'],
      ...['loader.prefetch=1', 'loader.memory=1', 'engine.threads=2'],
    ].flatMap((flag) => ['--set', flag]);
    cpSync(join(work.path, 'kept'), join(work.path, 'harmless'), { recursive: true });
    const args = ['train', '--resume', '--run', 'harmless', '--from', 'step-2', ...flags];
    const { code, stdout, stderr } = await mtlHere(args, work.path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.not.contain('tolerance');
    expect(events(join(work.path, 'harmless'))).to.deep.equal(events(whole()));
    for (const key of ['validateEvery', 'diagnostics']) {
      const other = ['train', '--resume', '--run', 'harmless', '--set', `train.${key}=2`];
      expect((await mtlHere(other, work.path)).stderr).to.match(
        new RegExp(`train\\.${key} \\((1|null), now 2\\)`),
      );
    }
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
