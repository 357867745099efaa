import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import {
  addonFolder,
  findAddon,
  nativeFolder,
  Workshop,
  type BuiltAddon,
} from '../../../../plugins/engines/torch/cache.js';
import { findLibtorch } from '../../../../plugins/engines/torch/libtorch.js';
import { failureOf } from '../../../core/fakes.js';
import { onPlatform, withEnvironment, workFolder, write, writeLibtorch } from './trees.js';

const work = workFolder();

/** Runs something with a cache of its own. */
function withCache<T>(name: string, action: () => Promise<T> | T): Promise<T> {
  const CROSSTASK_CACHE = join(work.path, name);
  return withEnvironment({ CROSSTASK_CACHE, CROSSTASK_LIBTORCH: undefined }, action);
}

/** Puts a file in the place of an addon that was built. */
async function install(asked: string, sources: string, content = 'addon'): Promise<BuiltAddon> {
  const workshop = new Workshop(addonFolder(asked, sources));
  writeFileSync(workshop.file, content);
  const built = workshop.install({ libtorch: await findLibtorch(asked), compiler: 'g++ 12', ranks: true });
  workshop.close();
  return built;
}

describe('addonFolder', () => {
  it('lies in the user’s cache', () =>
    withEnvironment({ CROSSTASK_CACHE: undefined, XDG_CACHE_HOME: undefined }, async () => {
      const sources = write(join(work.path, 'places'), { 'a.cc': '' });
      const folder = (variables: Record<string, string>): Promise<string> =>
        withEnvironment(variables, () => dirname(addonFolder(undefined, sources)));
      expect(await folder({})).to.equal(join(homedir(), '.cache/crosstask/torch'));
      expect(await folder({ XDG_CACHE_HOME: '/x' })).to.equal('/x/crosstask/torch');
      expect(await folder({ XDG_CACHE_HOME: '/x', CROSSTASK_CACHE: '/y' })).to.equal('/y/torch');
    }));

  it('is another one for other sources and another libtorch', () =>
    withEnvironment({ CROSSTASK_LIBTORCH: undefined }, async () => {
      const folder = (text: string, asked?: string): string =>
        addonFolder(asked, write(join(work.path, 'sources'), { 'a.cc': text }));
      const first = folder('one');
      expect(folder('one')).to.equal(first);
      write(join(work.path, 'sources'), { 'notes.txt': '' });
      expect(folder('one')).to.equal(first);
      expect(new Set([first, folder('two'), folder('one', '/opt/a'), folder('one', '/opt/b')]).size).to.equal(
        4,
      );
      const named = await withEnvironment({ CROSSTASK_LIBTORCH: '/opt/a' }, () => folder('one'));
      expect(named).to.equal(folder('one', '/opt/a'));
    }));

  it('has the sources that the package brings', () => {
    expect(readdirSync(nativeFolder()).filter((name) => name.endsWith('.cc'))).to.not.be.empty;
    expect(existsSync(join(nativeFolder(), '../../../../package.json'))).to.equal(true);
  });
});

describe('findAddon', () => {
  let asked = '';
  let sources = '';
  before(() => {
    asked = writeLibtorch(join(work.path, 'libtorch'), { cuda: true });
    sources = write(join(work.path, 'native'), { 'a.cc': 'one' });
  });

  it('finds what was installed', () =>
    withCache('finds', async () => {
      const fix = 'mtl engine build torch';
      expect(findAddon(asked, sources)).to.deep.equal({ missing: 'its addon is not built yet', fix });
      const built = await install(asked, sources);
      expect(findAddon(asked, sources)).to.deep.equal(built);
      expect(built.libtorch).to.deep.equal(await findLibtorch(asked));
      expect(Date.now() - Date.parse(built.builtAt)).to.be.within(0, 60_000);
      expect(readFileSync(built.file, 'utf8')).to.equal('addon');
      expect(findAddon(undefined, sources)).to.deep.equal({ missing: 'its addon is not built yet', fix });
    }));

  for (const library of ['libtorch_cpu.so', 'libc10.so', 'libtorch_cuda.so']) {
    it(`passes over an addon whose ${library} has changed or is gone`, () =>
      withCache(library, async () => {
        await install(asked, sources);
        const file = join(asked, 'lib', library);
        utimesSync(file, 1, 1);
        expect(findAddon(asked, sources)).to.have.property(
          'missing',
          `${file} has changed since its addon was built`,
        );
        await install(asked, sources);
        expect(findAddon(asked, sources)).to.have.property('file');
        rmSync(file);
        expect(findAddon(asked, sources)).to.have.property(
          'missing',
          `${file}, which its addon was built with, is gone`,
        );
        writeLibtorch(asked, { cuda: true });
      }));
  }

  it('passes over a manifest that is torn or from elsewhere', () =>
    withCache('torn', async () => {
      const { file } = await install(asked, sources);
      const manifest = join(dirname(file), 'manifest.json');
      const whole = readFileSync(manifest, 'utf8');
      for (const text of [whole.slice(0, 100), '{}', 'null', '']) {
        writeFileSync(manifest, text);
        expect(findAddon(asked, sources)).to.have.property(
          'missing',
          'the manifest of its addon cannot be read',
        );
      }
      rmSync(manifest);
      expect(findAddon(asked, sources)).to.have.property(
        'missing',
        'the manifest of its addon cannot be read',
      );
    }));
});

describe('findAddon where it cannot be built', () => {
  it('finds none on another system', async () => {
    expect(await onPlatform('win32', () => findAddon(undefined))).to.deep.equal({
      missing: 'it works on Linux only',
      fix: 'choose another engine',
    });
  });

  it('finds none in a package without sources', () =>
    withCache('no-sources', () => {
      expect(findAddon(undefined, join(work.path, 'none'))).to.have.property(
        'missing',
        'its addon is not built yet',
      );
    }));
});

describe('Workshop', () => {
  let asked = '';
  before(() => {
    asked = writeLibtorch(join(work.path, 'other-libtorch'));
  });
  const sourcesOf = (text: string): string => write(join(work.path, text), { 'a.cc': text });

  it('replaces an addon, and leaves nothing else behind', () =>
    withCache('replaces', async () => {
      const sources = sourcesOf('replaced');
      await install(asked, sources, 'first');
      const { file } = await install(asked, sources, 'second');
      expect(readFileSync(file, 'utf8')).to.equal('second');
      expect(readdirSync(dirname(dirname(file)))).to.deep.equal([dirname(file).split('/').at(-1)]);
      expect(readdirSync(dirname(file)).toSorted()).to.deep.equal(['crosstask-torch.node', 'manifest.json']);
    }));

  it('keeps the newest three addons, and other builds that are under way', () =>
    withCache('keeps', async () => {
      const [under, forgotten] = [1, 2].map(() => new Workshop(addonFolder(asked, sourcesOf('others'))));
      utimesSync(forgotten!.folder, 1, 1);
      const all = ['one', 'two', 'three', 'four'].map(sourcesOf);
      for (const [index, sources] of all.entries()) {
        const { file } = await install(asked, sources);
        utimesSync(dirname(file), 1000 + index, 1000 + index);
      }
      const last = await install(asked, sourcesOf('five'));
      const left = all.filter((sources) => 'file' in findAddon(asked, sources));
      expect(left).to.deep.equal(all.slice(2));
      expect(existsSync(last.file)).to.equal(true);
      expect([under, forgotten].map((workshop) => existsSync(workshop!.folder))).to.deep.equal([true, false]);
      under!.close();
      expect(existsSync(under!.folder)).to.equal(false);
    }));

  it('says what to do where it cannot write', async () => {
    write(work.path, { file: '' });
    const { code, message } = await failureOf(() =>
      withCache('file', () => new Workshop(addonFolder(asked, sourcesOf('others')))),
    );
    expect(code).to.equal('ENGINE_BUILD_FAILED');
    expect(message).to.match(
      /^engine torch: cannot write to .*\/file\/torch \(.*\); name another folder in CROSSTASK_CACHE$/,
    );
  });
});
