import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { expectOneError, filesIn, mtlHere, start, tiny, workFolder, write, writeConfig } from './mtl.js';

const require = createRequire(import.meta.url);
const builtins = fileURLToPath(new URL('../../plugins/index.js', import.meta.url));

/** A plugin whose engine `made` has to be built: it writes a file, or waits for ever. On wasm otherwise. */
const plugin = `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { z } from ${JSON.stringify(require.resolve('zod'))};
import { wasm } from ${JSON.stringify(builtins)};

class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'MtlError';
    this.code = code;
  }
}

export default {
  name: 'mine',
  engines: {
    made: {
      description: 'Has to be built.',
      options: z.strictObject({ file: z.string().default('made'), how: z.enum(['well', 'badly', 'slowly']).default('well') }),
      create: ({ file, how }, deps) => ({
        name: 'made',
        priority: 1000,
        check: async () => existsSync(file)
          ? { usable: true, detail: 'made in ' + file }
          : { usable: false, reason: file + ' is not made yet', fix: 'mtl engine build made' },
        start: () => wasm.create({ threads: 1 }, deps).start(),
        kernels: async () => ({ own: 12, fallbacks: { FFT: 0 } }),
        async build(onProgress, signal) {
          onProgress({ step: 1, steps: 2, doing: 'compiling' });
          if (how === 'badly') throw new Failure('ENGINE_BUILD_FAILED', 'engine made: no compiler; install one');
          if (how === 'slowly') {
            await setTimeout(60_000, undefined, { signal }).catch(() => undefined);
            throw new Failure('INTERRUPTED', 'Stopped; nothing was built.');
          }
          onProgress({ step: 2, steps: 2, doing: 'linking' });
          writeFileSync(file, 'built');
          return 'one ' + file;
        },
      }),
    },
  },
};`;

describe('mtl engine build', () => {
  const work = workFolder();
  /** A folder with the plugin and a config that names it. */
  const project = (name: string, config: object = { engine: 'made' }): string => {
    const folder = join(work.path, name);
    write(folder, 'mine.mjs', plugin);
    writeConfig(folder, { ...tiny, plugins: ['./mine.mjs'], ...config });
    return folder;
  };

  it('builds, line by line where there is no terminal', async () => {
    const folder = project('well');
    expect(await mtlHere(['engine/build', 'made'], folder)).to.deep.equal({
      code: 0,
      stdout: '1/2 compiling\n2/2 linking\n\none made\nNext  mtl doctor\n',
      stderr: '',
    });
    expect(readFileSync(join(folder, 'made'), 'utf8')).to.equal('built');
  });

  it('takes the engine’s options from the config and from --set, whatever engine the config names', async () => {
    const json = async (folder: string, ...args: string[]): Promise<unknown> =>
      JSON.parse((await mtlHere(['engine/build', 'made', '--json', ...args], folder)).stdout);
    const own = project('own-options', { engine: { name: 'made', file: 'mine' } });
    expect(await json(own)).to.deep.equal({ engine: 'made', built: 'one mine' });
    expect(await json(own, '--set', 'engine.file=set')).to.deep.equal({ engine: 'made', built: 'one set' });
    const other = project('other-options', { engine: { name: 'wasm', threads: 1 } });
    expect(await json(other)).to.deep.equal({ engine: 'made', built: 'one made' });
    expect(await json(other, '--set', 'engine.file=set')).to.deep.equal({ engine: 'made', built: 'one set' });
  });

  it('needs no config, and says where there is nothing to build', async () => {
    const folder = join(work.path, 'no-config');
    write(folder, 'package.json', '{}');
    expect(await mtlHere(['engine/build', 'wasm'], folder)).to.deep.equal({
      code: 0,
      stdout: 'Engine wasm needs nothing built.\n',
      stderr: '',
    });
    const { stdout } = await mtlHere(['engine/build', 'wasm', '--json'], folder);
    expect(stdout).to.equal('{"engine":"wasm","built":null}\n');
  });

  it('fails with code 1 and the reason', async () => {
    const folder = project('badly', { engine: { name: 'made', how: 'badly' } });
    const { code, stdout, stderr } = await mtlHere(['engine/build', 'made'], folder);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '1/2 compiling\n' });
    expectOneError(stderr, folder, /^Error: engine made: no compiler; install one\n$/);
    const json = await mtlHere(['engine/build', 'made', '--json'], folder);
    expect(json.code).to.equal(1);
    expect(JSON.parse(json.stdout)).to.have.nested.property('error.code', 'ENGINE_BUILD_FAILED');
  });

  it('is stopped by Ctrl-C, with code 130', async function () {
    this.timeout(60_000);
    const folder = project('slowly', { engine: { name: 'made', how: 'slowly' } });
    const { child, ended } = start(['engine', 'build', 'made'], folder, (line) => {
      if (line === '1/2 compiling') child.kill('SIGINT');
    });
    expect(await ended).to.deep.equal({
      code: 130,
      stdout: '1/2 compiling\n',
      stderr: 'Stopping the compiler … (again to stop at once)\nStopped; nothing was built.\n',
    });
    expect(filesIn(folder)).to.deep.equal(['mine.mjs', 'mtl.config.json']);
  });

  it('wants the name of one engine', async () => {
    const folder = project('names');
    const wrong: [string[], RegExp][] = [
      [['engine/build'], /Missing 1 required arg/],
      [['engine/build', 'maid'], /engine: expected one of .*made.*, found "maid"; did you mean "made"\?/],
      [['engine/build', 'auto'], /engine: expected one of .*made.*, found "auto"/],
      [['engine/build', 'made', '--engine', 'wasm'], /--engine wasm is another engine than made/],
      [
        ['engine/build', 'made', '--set', 'engine.how=so'],
        /engine\.how: expected one of well, badly, slowly/,
      ],
    ];
    for (const [args, complaint] of wrong) {
      const { code, stderr } = await mtlHere(args, folder);
      expect(stderr).to.match(complaint);
      expect(code, args.join(' ')).to.equal(2);
    }
  });
});

describe('mtl doctor, on engines that are built', () => {
  const work = workFolder();
  const project = (engine: unknown): string => {
    write(work.path, 'mine.mjs', plugin);
    writeConfig(work.path, { ...tiny, plugins: ['./mine.mjs'], engine });
    return work.path;
  };

  it('says how to build one', async () => {
    const { code, stdout } = await mtlHere(['doctor'], project('auto'));
    expect(code).to.equal(0);
    expect(stdout).to.contain('✗ made: made is not made yet\n    → mtl engine build made\n');
  });

  it('looks at the engine that the config or a flag names with its options', async () => {
    const folder = project({ name: 'made', file: 'mine' });
    expect((await mtlHere(['doctor'], folder)).stdout).to.contain('✗ made: mine is not made yet\n');
    expect((await mtlHere(['doctor', '--engine', 'made'], folder)).stdout).to.contain('✗ made: mine is not');
    expect((await mtlHere(['doctor', '--engine', 'wasm'], folder)).stdout).to.contain('✗ made: made is not');
  });

  it('takes a step with --verbose, and shows what is left to JavaScript', async () => {
    const folder = project('made');
    expect((await mtlHere(['engine/build', 'made'], folder)).code).to.equal(0);
    const { code, stdout } = await mtlHere(['doctor', '--verbose'], folder);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^✓ made: made in made$/m)
      .and.match(
        /\nmade: a training step of a small network took \d+ ms \(losses: segmentation [\d.]+, depth [\d.]+\)\n/,
      )
      .and.match(
        /\n {2}12 kernels of its own\n {2}left to JavaScript in this step: none\n {2}would be left to JavaScript: FFT\n$/,
      );
    const json = JSON.parse((await mtlHere(['doctor', '--verbose', '--json'], folder)).stdout) as object;
    expect(json)
      .to.have.nested.property('trial.kernels')
      .that.deep.equals({ own: 12, ran: {}, others: ['FFT'] });
  });

  it('says of an engine without such kernels that it has all itself', async () => {
    const { stdout } = await mtlHere(
      ['doctor', '--verbose', '--engine', 'wasm'],
      project({ name: 'wasm', threads: 1 }),
    );
    expect(stdout).to.match(/\nwasm: a training step of .*\n {2}all kernels are its own\n$/);
  });
});

describe('--engine', () => {
  const work = workFolder();

  it('takes the place of the config’s engine, and keeps its options where it is the same', async () => {
    const folder = work.path;
    const reason = async (...args: string[]): Promise<string | undefined> => {
      const { stdout } = await mtlHere(['doctor', '--json', ...args], folder);
      const { engines } = JSON.parse(stdout) as { engines: { name: string; reason: string }[] };
      return /\d+ threads?/.exec(engines.find(({ name }) => name === 'wasm')!.reason)?.[0];
    };
    writeConfig(folder, { ...tiny, engine: { name: 'wasm', threads: 3 } });
    expect(await reason('--engine', 'wasm')).to.equal('3 threads');
    expect(await reason('--engine', 'wasm', '--set', 'engine.threads=5')).to.equal('5 threads');
    writeConfig(folder, { ...tiny, engine: 'auto' });
    expect(await reason('--engine', 'wasm', '--set', 'engine.threads=5')).to.equal('5 threads');
  });

  it('is a flag of every command that reads a config', async () => {
    const folder = work.path;
    for (const command of ['doctor', 'plugins', 'summary', 'train']) {
      writeConfig(folder);
      const { code, stderr } = await mtlHere([command, '--engine', 'none'], folder);
      expect(code, command).to.equal(2);
      expect(stderr, command).to.match(/engine: expected one of .*wasm.*, found "none"/);
    }
  });

  it('is written down by init', async () => {
    const folder = join(work.path, 'init');
    write(folder, 'package.json', '{}');
    const flags = ['--engine', 'wasm', '--set', 'engine.threads=1'];
    expect((await mtlHere(['init', ...flags], folder)).code).to.equal(0);
    expect(readFileSync(join(folder, 'mtl.config.yaml'), 'utf8')).to.match(
      /^engine:.*\n {2}name: wasm\n {2}threads: 1\n/m,
    );
  });

  it('holds for a run that is evaluated or resumed', async function () {
    this.timeout(60_000);
    const folder = join(work.path, 'run');
    writeConfig(folder, { ...tiny, train: { ...tiny.train, epochs: 1 } });
    expect((await mtlHere(['train', '--run', 'one'], folder)).code).to.equal(0);
    const wrong = await mtlHere(['evaluate', 'one', '--engine', 'none'], folder);
    expect(wrong.stderr).to.match(/found "none"/);
    expect((await mtlHere(['evaluate', 'one', '--engine', 'wasm', '--json'], folder)).code).to.equal(0);
    const other = await mtlHere(['train', '--run', 'one', '--resume', '--engine', 'auto'], folder);
    expect(other).to.include({ code: 0, stderr: '' });
    const environment = readFileSync(join(folder, 'one', 'environment.json'), 'utf8');
    expect(JSON.parse(environment)).to.include({ engine: 'wasm' });
  });
});
