import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Engine, LoadedConfig } from '../../../core/index.js';
import { describeEnvironment } from '../../../core/run/environment.js';
import { load } from './tiny.js';

const engine: Engine = {
  name: 'mine',
  priority: 0,
  check: () => Promise.resolve({ usable: true, detail: 'a card, version 3' }),
  start: () => Promise.resolve(),
};

describe('the environment of a run', () => {
  let folder = '';
  let loaded: LoadedConfig;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'environment-'));
    loaded = { ...(await load('train.seed=7')), baseFolder: folder };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is what may make two runs differ', async () => {
    const found = await describeEnvironment(loaded, engine);
    expect(found).to.include({
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      engine: 'mine',
      engineDetail: 'a card, version 3',
      seed: 7,
    });
    for (const version of [found.crosstask, found.tensorflow]) expect(version).to.match(/^\d+\.\d+\.\d+/);
    expect(found.processor.cores).to.be.at.least(1);
    expect(found.processor.model).to.match(/\S/);
    expect(found).to.not.have.property('git');
  });

  it('has the commit of the config’s folder, and whether files differ from it', async function () {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    try {
      git('init');
    } catch {
      return this.skip();
    }
    expect(await describeEnvironment(loaded, engine)).to.not.have.property('git');
    writeFileSync(join(folder, 'a'), '1');
    git('add', 'a');
    git('commit', '-m', 'first', '--no-gpg-sign');
    const commit = git('rev-parse', 'HEAD');
    writeFileSync(join(folder, 'untracked'), '1');
    expect((await describeEnvironment(loaded, engine)).git).to.deep.equal({ commit, dirty: false });
    writeFileSync(join(folder, 'a'), '2');
    expect((await describeEnvironment(loaded, engine)).git).to.deep.equal({ commit, dirty: true });
  });

  it('is there without git, and where the engine does not answer', async () => {
    const { PATH } = process.env;
    process.env.PATH = folder;
    try {
      const broken = { ...engine, check: () => Promise.reject(new Error('broken')) };
      const found = await describeEnvironment(loaded, broken);
      expect(found).to.include({ engineDetail: 'unknown' }).and.not.have.property('git');
    } finally {
      process.env.PATH = PATH;
    }
  });
});
