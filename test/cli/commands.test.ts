import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core';
import { expect } from 'chai';
import {
  expectOneError,
  filesIn,
  mtl,
  mtlHere,
  tiny,
  twoAtOnce,
  workFolder,
  write,
  writeConfig,
  type Ended,
} from './mtl.js';

const commands = [
  'completion',
  'data export',
  'data inspect',
  'doctor',
  'engine build',
  'evaluate',
  'init',
  'inspect-batch',
  'plugins',
  'runs',
  'summary',
  'train',
];

/** The first run in a process decides on its threads, and several cost more than they save on what is tiny. */
const oneThread = ['--set', 'engine={"name":"wasm","threads":1}'];

/** Settings on top of a starter config that make it as small as `tiny`. */
const shrunk = [
  'backbone.width=4',
  'architecture.decoderChannels=4',
  'consistency.transferNet.channels=4',
  'train.epochs=1',
  'train.batchSize=4',
]
  .flatMap((override) => ['--set', override])
  .concat(oneThread);

describe('the mtl command', () => {
  const work = workFolder();
  /** Each of these is a process of its own, by its arguments. */
  const usages = [
    '',
    'help train',
    'train --help',
    '--version',
    'engine',
    'engine bild',
    'engine build wasm torch',
    'trian',
    'train more',
    'train --epochs 3',
    'train --epochs 3 --json',
    'train --config none.yaml --json',
    'train --config none.yaml --debug',
  ] as const;
  const ends = new Map<string, Ended>();
  const end = (usage: (typeof usages)[number]): Ended => ends.get(usage)!;

  before(async function () {
    this.timeout(120_000);
    await twoAtOnce(usages, async (usage) =>
      ends.set(usage, await mtl(usage.split(' ').filter(Boolean), work.path)),
    );
  });

  it('lists the commands where none is given', () => {
    const { code, stdout } = end('');
    expect(code).to.equal(0);
    for (const command of commands) {
      expect(stdout).to.match(new RegExp(`^ {2}${command} {2,}\\S`, 'm'));
    }
    expect(end('engine')).to.include({ code: 0, stderr: '' });
    expect(end('engine').stdout).to.match(/^ {2}engine build {2,}\S/m);
  });

  it('says what a command does, with flags and examples', () => {
    const { code, stdout, stderr } = end('train --help');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout)
      .to.match(/^Train .*\.\n\nUSAGE\n {2}\$ mtl train /)
      .and.match(/EXAMPLES\n {2}\$ mtl train\n/);
    for (const flag of ['json', 'debug', 'config', 'preset', 'engine', 'set', 'run', 'resume'])
      expect(stdout).to.contain(`--${flag}`);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).to.be.at.most(80);
    expect(end('help train')).to.deep.equal(end('train --help'));
  });

  it('has examples of every command', async () => {
    for (const name of commands) {
      const { default: command } = (await import(`../../cli/commands/${name.replace(' ', '/')}.js`)) as {
        default: Partial<typeof Command>;
      };
      expect(command.summary).to.match(/^[A-Z][^]*\.$/);
      expect(command.examples!.length).to.be.at.least(2);
      for (const example of command.examples!)
        expect(example).to.match(new RegExp(`^<%= config\\.bin %> ${name}\\b`));
    }
  });

  it('gives its version', () => {
    expect(end('--version').stdout).to.match(/^crosstask\/\d+\.\d+\.\d+ /);
  });

  it('answers wrong usage with what is right, and code 2', async () => {
    const answers: [Ended, RegExp][] = [
      [
        end('trian'),
        /no command "trian", the commands are .*doctor, engine build, evaluate, export, init, inspect-batch, plugins, predict, report, runs, summary, train/,
      ],
      [end('engine bild'), /no command "engine bild", the commands are .*doctor, engine build, /],
      [end('engine build wasm torch'), /mtl engine build takes one name and flags, found "torch"/],
      [end('train more'), /mtl train takes flags alone, found "more"/],
      [end('train --epochs 3'), /Nonexistent flags?: --epochs[^]*--run=FOLDER/],
      [await mtlHere(['train', '--config'], work.path), /--config expects a value/],
      [await mtlHere(['evaluate'], work.path), /Missing 1 required arg:[^]*run/],
      [
        await mtlHere(['evaluate', 'a', '--split', 'vla'], work.path),
        /--split=vla to be one of: train, val, test/,
      ],
      [
        await mtlHere(['train', '--config', 'none.yaml'], work.path),
        /--config: .*found nothing at .*none\.yaml/,
      ],
    ];
    for (const [{ code, stdout, stderr }, answer] of answers) {
      expect(stderr)
        .to.match(answer)
        .and.not.match(/^ +at /m);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    }
    expect(filesIn(work.path)).to.deep.equal([]);
  });

  it('tells errors as JSON with --json, and nothing else', () => {
    const usage = end('train --epochs 3 --json');
    expect([usage.code, usage.stderr]).to.deep.equal([2, '']);
    expect(JSON.parse(usage.stdout)).to.have.nested.property('error.code', 'USAGE');
    const config = end('train --config none.yaml --json');
    expect([config.code, config.stderr]).to.deep.equal([2, '']);
    expect(JSON.parse(config.stdout)).to.have.nested.property('error.code', 'CONFIG_NOT_FOUND');
    expect(config.stdout).to.match(/^\{.*\}\n$/);
  });

  it('shows where an error comes from with --debug', () => {
    const { code, stderr } = end('train --config none.yaml --debug');
    expect(code).to.equal(2);
    expect(stderr)
      .to.match(/--config: expected a config file/)
      .and.match(/^ +at .*find\.js/m);
  });
});

describe('mtl doctor', () => {
  const work = workFolder();

  it('says of each engine whether and why it can be used', async () => {
    const { code, stdout } = await mtlHere(['doctor', '--json'], work.path);
    expect(code).to.equal(0);
    const { engines } = JSON.parse(stdout) as {
      engines: { name: string; usable: boolean; reason: string }[];
    };
    for (const engine of engines) expect(engine).to.include.keys('name', 'usable', 'reason');
    expect(engines.find(({ name }) => name === 'wasm')).to.include({ usable: true });
    const told = await mtlHere(['doctor'], work.path);
    expect(told.stdout)
      .to.match(/^Node v\d+.*\n/)
      .and.match(/✓ wasm: \S/)
      .and.match(/engine: auto takes \w+\n$/);
  });
});

describe('mtl summary', () => {
  const work = workFolder();

  it('counts the paper’s model', async () => {
    const { code, stdout } = await mtlHere(
      ['summary', '--preset', 'xtasc-net', '--set', 'backbone.name=resnet34', ...oneThread, '--json'],
      work.path,
    );
    expect(code).to.equal(0);
    const { parameters, macs } = JSON.parse(stdout) as {
      parameters: { total: number; parts: Record<string, number> };
      macs: number;
    };
    expect(parameters.total).to.equal(31553344);
    expect(parameters.parts).to.have.all.keys(
      'encoder',
      'decoder.segmentation',
      'decoder.depth',
      'transfer.segmentation-depth',
      'transfer.depth-segmentation',
    );
    expect(Object.values(parameters.parts).reduce((sum, part) => sum + part, 0)).to.equal(31553344);
    expect(macs).to.be.above(1e9);
  });

  it('shows parts, and layers where they are asked for', async () => {
    writeConfig(work.path);
    const parts = await mtlHere(['summary'], work.path);
    expect(parts.stdout)
      .to.match(/│ part +│ parameters │ +MACs │/)
      .and.match(/│ encoder +│ +[\d,]+ │/)
      .and.match(/│ total +│/);
    const layers = await mtlHere(['summary', '--layers'], work.path);
    expect(layers.stdout).to.match(/│ {3}\S+ +│ Conv2d +│ 16×32×4 +│/);
  });
});

describe('mtl plugins', () => {
  const work = workFolder();
  const mine = `export default { name: 'mine', presets: { small: { extends: 'mt-net' } } };`;

  it('lists parts and presets, without a config and with the config’s own plugins', async () => {
    const table = await mtlHere(['plugins'], work.path);
    expect(table.code).to.equal(0);
    expect(table.stdout)
      .to.match(/│ weighter +│ uncertainty +│ \S.* │ crosstask │/)
      .and.match(/Presets: .*xtasc-net/);
    const { parts, presets } = JSON.parse((await mtlHere(['plugins', '--json'], work.path)).stdout) as {
      parts: object[];
      presets: string[];
    };
    expect(parts).to.deep.include({
      kind: 'metric',
      name: 'rmse',
      plugin: 'crosstask',
      description: 'Root mean squared error.',
    });
    expect(presets).to.include('xtasc-net').and.not.include('small');
    write(work.path, 'mine.mjs', mine);
    writeConfig(work.path, { ...tiny, plugins: ['./mine.mjs'] });
    const more = JSON.parse((await mtlHere(['plugins', '--json'], work.path)).stdout) as {
      presets: string[];
    };
    expect(more.presets).to.include('small');
  });

  it('prints a JSON schema', async () => {
    const { code, stdout } = await mtlHere(['plugins', '--schema'], work.path);
    expect(code).to.equal(0);
    const schema = JSON.parse(stdout) as { $schema: string; properties: Record<string, object> };
    expect(schema.$schema).to.match(/json-schema\.org/);
    expect(schema.properties).to.include.all.keys(
      'extends',
      'dataset',
      'tasks',
      'consistency',
      'weighter',
      'train',
    );
  });

  it('does not pass over a config that is broken', async () => {
    const folder = join(work.path, 'broken');
    writeConfig(folder, { ...tiny, weighter: 'none' });
    const { code, stderr } = await mtlHere(['plugins'], folder);
    expect(code).to.equal(2);
    expectOneError(stderr, folder, /weighter: expected one of/);
  });
});

describe('mtl init', () => {
  const work = workFolder();

  it('writes a config that trains', async () => {
    const folder = join(work.path, 'scenes');
    write(folder, 'notes.txt', '');
    const { code, stdout } = await mtlHere(['init'], folder);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'Wrote mtl.config.yaml. Next: mtl train\n' });
    const sizes = ['size=[32,64]', 'train=8', 'val=4', 'test=4'].flatMap((size) => [
      '--set',
      `dataset.${size}`,
    ]);
    const trained = await mtlHere(['train', ...shrunk, ...sizes], folder);
    expect(trained.stderr).to.equal('');
    expect(trained.code).to.equal(0);
    const [run, ...others] = [...new Set(filesIn(join(folder, 'runs')).map((file) => file.split('/')[0]))];
    expect(run).to.match(/^mtl-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
    expect(others).to.deep.equal([]);
  });

  it('replaces nothing unless it is told to', async () => {
    const folder = join(work.path, 'mine');
    const file = write(folder, 'mtl.config.yaml', 'mine');
    const { code, stderr } = await mtlHere(['init'], folder);
    expect(code).to.equal(2);
    expectOneError(
      stderr,
      folder,
      /mtl\.config\.yaml: expected no such file yet, found one; replace it with --force/,
    );
    expect(readFileSync(file, 'utf8')).to.equal('mine');
    expect((await mtlHere(['init', '--force', '--json'], folder)).stdout).to.equal(
      '{"file":"mtl.config.yaml"}\n',
    );
    expect(readFileSync(file, 'utf8')).to.match(/^extends: xtasc-net/m);
  });

  it('writes one for folders of images, whose only fault is that they are not there', async () => {
    const folder = join(work.path, 'folders');
    write(folder, 'notes.txt', '');
    expect(await mtlHere(['init', '--data', 'folders'], folder)).to.include({ code: 0 });
    const { code, stderr } = await mtlHere(['train', ...shrunk], folder);
    expect(code).to.equal(1);
    expectOneError(stderr, folder, /dataset\.root: expected a folder, found no folder at FOLDER\/data;/);
    expect(filesIn(folder)).to.deep.equal(['mtl.config.yaml', 'notes.txt']);
  });
});
