import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { plainEnvironment } from '../../plain-environment.js';
import { expectOneError, mtlHere, workFolder, write } from '../mtl.js';

const shells = ['bash', 'zsh', 'fish'] as const;

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

describe('mtl completion', function () {
  this.timeout(120_000);
  const work = workFolder();
  const files = Object.fromEntries(shells.map((shell) => [shell, ''])) as Record<
    (typeof shells)[number],
    string
  >;

  before(async () => {
    for (const shell of shells) {
      const { code, stdout, stderr } = await mtlHere(['completion', shell], work.path);
      expect({ code, stderr }, shell).to.deep.equal({ code: 0, stderr: '' });
      files[shell] = write(work.path, `mtl.${shell}`, stdout);
    }
    for (const run of ['runs/first', 'runs/second run', 'here']) {
      mkdirSync(join(work.path, run), { recursive: true });
      writeFileSync(join(work.path, run, 'config.json'), '{}');
    }
    mkdirSync(join(work.path, 'data'));
    write(work.path, 'mtl.config.yaml', 'plugins: []');
  });

  function output(shell: (typeof shells)[number], script: string, ...args: string[]): string[] {
    const flags = shell === 'fish' ? ['--no-config', '-c', script, ...args] : ['-c', script, shell, ...args];
    const { status, stdout, stderr } = spawnSync(shell, flags, {
      cwd: work.path,
      encoding: 'utf8',
      env: { ...plainEnvironment, HOME: work.path },
    });
    expect({ status, stderr }, script).to.deep.equal({ status: 0, stderr: '' });
    return stdout.split('\n').filter(Boolean);
  }

  /** What the last word can become, of a line split as bash splits it. */
  function inBash(...words: string[]): string[] {
    const script = `source ${files.bash}; COMP_WORDS=(mtl "$@"); COMP_CWORD=$#; _mtl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return output('bash', script, ...words).toSorted();
  }

  it('is known to bash', () => {
    expect(output('bash', `source ${files.bash}; complete -p mtl`)).to.deep.equal(['complete -F _mtl mtl']);
  });

  it('completes commands, and those of a topic', () => {
    expect(inBash('tr')).to.deep.equal(['train']);
    expect(inBash('')).to.include.members(['data', 'engine', 'evaluate', 'completion', 'init', 'runs']);
    expect(inBash('data', '')).to.include.members(['export', 'inspect']);
    expect(inBash('engine', 'b')).to.deep.equal(['build']);
    expect(inBash('--json', 'ev')).to.deep.equal(['evaluate']);
    expect(inBash('none', '')).to.deep.equal([]);
  });

  it('completes a command’s own flags', () => {
    expect(inBash('train', '--re')).to.deep.equal(['--resume']);
    expect(inBash('evaluate', '--')).to.include.members(['--split', '--config', '--json']);
    expect(inBash('evaluate', '--')).to.not.include('--resume');
    expect(inBash('data', 'inspect', '--no')).to.deep.equal(['--no-sheet']);
  });

  it('completes values: options, names of parts, keys of a config', () => {
    expect(inBash('evaluate', '--split', '')).to.deep.equal(['test', 'train', 'val']);
    expect(inBash('evaluate', '--split', '=', 't')).to.deep.equal(['test', 'train']);
    expect(inBash('evaluate', '--split', '=')).to.deep.equal(['test', 'train', 'val']);
    expect(inBash('train', '--preset', 'xtasc')).to.deep.equal(['xtasc-net', 'xtasc-net-nyuv2']);
    expect(inBash('train', '--engine', 'w')).to.deep.equal(['wasm', 'webgpu']);
    expect(inBash('engine', 'build', 'to')).to.deep.equal(['torch']);
    expect(inBash('data', 'export', '--format', 'nyu')).to.deep.equal(['nyuv2', 'nyuv2Npy']);
    expect(inBash('train', '--set', 'train.ep')).to.deep.equal(['train.epochs=']);
    expect(inBash('train', '--set', 'train.epochs', '=', '3', '--set', 'log.')).to.deep.equal([
      'log.tensorboard=',
    ]);
    expect(inBash('completion', 'z')).to.deep.equal(['zsh']);
  });

  it('completes runs, here and in runs/, and paths', () => {
    expect(inBash('train', '--run', '')).to.deep.equal(['here', 'runs/first', 'runs/second run']);
    expect(inBash('evaluate', 'runs/s')).to.deep.equal(['runs/second run']);
    expect(inBash('evaluate', 'fi')).to.deep.equal(['runs/first']);
    expect(inBash('train', '--run', 'da')).to.deep.equal(['data']);
    expect(inBash('inspect-batch', 'her')).to.deep.equal(['here']);
    expect(inBash('runs', 'runs/first', '')).to.include('runs/second run');
    expect(inBash('train', '-c', 'mtl.config')).to.deep.equal(['mtl.config.yaml']);
    expect(inBash('train', '--engine', 'wasm', '--run', 'fi')).to.deep.equal(['runs/first']);
  });

  it('is in zsh, with summaries', function () {
    if (!has('zsh')) {
      this.test!.title += ' (skipped: no zsh here)';
      this.skip();
    }
    expect(output('zsh', `source ${files.zsh}; print $_comps[mtl]`)).to.deep.equal(['_mtl']);
  });

  it('is in fish, with summaries', function () {
    if (!has('fish')) {
      this.test!.title += ' (skipped: no fish here)';
      this.skip();
    }
    const inFish = (line: string): string[] =>
      output('fish', `source ${files.fish}; complete -C '${line}'`).map((found) => found.replace('\t', ': '));
    expect(inFish('mtl tr')).to.deep.equal(['train: Train the model that a config describes.']);
    expect(inFish('mtl data in').map((found) => found.split(':')[0])).to.deep.equal(['inspect']);
    expect(inFish('mtl train --resu')[0]).to.match(/^--resume: Go on/);
    expect(inFish('mtl evaluate --split t')).to.have.length(2);
    expect(inFish('mtl evaluate runs/f').join()).to.match(/^runs\/first/);
    expect(inFish('mtl evaluate --resu')).to.deep.equal([]);
  });

  it('is for these shells alone', async () => {
    const { code, stderr } = await mtlHere(['completion', 'csh'], work.path);
    expect(code).to.equal(2);
    expect(stderr).to.match(/Expected csh to be one of: bash, zsh, fish/);
    expectOneError(
      (await mtlHere(['completion', 'bash', '--config', 'none.yaml'], work.path)).stderr,
      work.path,
      /--config/,
    );
  });
});
