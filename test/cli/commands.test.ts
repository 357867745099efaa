import type { Command } from '@oclif/core';
import { expect } from 'chai';
import { filesIn, mtl, mtlHere, twoAtOnce, workFolder, type Ended } from './mtl.js';

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
