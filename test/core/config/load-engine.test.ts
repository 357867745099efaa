import { expect } from 'chai';
import { loadEngine, type EngineChoice, type LoadOptions } from '../../../core/index.js';
import { failureOf, fakePlugin } from '../fakes.js';
import { minimal, Workspace } from './workspace.js';

describe('loadEngine', () => {
  const spaces: Workspace[] = [];
  /** A folder with these files in it, which ends the search for a config above it. */
  const workspace = (files: Readonly<Record<string, unknown>> = {}): Workspace => {
    const space = new Workspace().write({ 'package.json': {}, ...files });
    spaces.push(space);
    return space;
  };
  after(() => spaces.forEach((space) => space.remove()));

  const load = (space: Workspace, options: Partial<LoadOptions> = {}): Promise<EngineChoice> =>
    loadEngine({ plugins: [fakePlugin], folder: space.path, ...options });

  it('gives what the config says, with the folder that it lies in', async () => {
    const space = workspace({ 'mtl.config.json': { ...minimal, engine: { name: 'wasm', threads: 2 } } });
    const { engine, baseFolder, registry } = await load(space);
    expect(engine).to.deep.equal({ name: 'wasm', threads: 2 });
    expect(baseFolder).to.equal(space.path);
    expect(registry.names('engine')).to.deep.equal(['wasm']);
  });

  it('is auto where there is no config', async () => {
    const space = workspace();
    const { engine, baseFolder, registry } = await load(space);
    expect({ engine, baseFolder }).to.deep.equal({ engine: 'auto', baseFolder: space.path });
    expect(registry.names('engine')).to.deep.equal(['wasm']);
  });

  it('hears overrides, with a config and without', async () => {
    const overrides = ['engine=wasm', 'engine.threads=3'];
    for (const space of [workspace(), workspace({ 'mtl.config.json': minimal })]) {
      expect((await load(space, { overrides })).engine).to.deep.equal({ name: 'wasm', threads: 3 });
    }
  });

  it('keeps the options of an engine that is named again, and drops another’s', async () => {
    const space = workspace({ 'mtl.config.json': { ...minimal, engine: { name: 'wasm', threads: 2 } } });
    expect((await load(space, { overrides: ['engine=wasm'] })).engine).to.deep.equal({
      name: 'wasm',
      threads: 2,
    });
    expect((await load(space, { overrides: ['engine=auto'] })).engine).to.equal('auto');
  });

  it('says what is wrong with an engine, without a config too', async () => {
    const complaints: [string, RegExp][] = [
      ['engine=wams', /engine: expected one of wasm, found "wams"; did you mean "wasm"\?/],
      [
        'engine={"name":"wasm","threads":0}',
        /engine\.threads: expected a whole number of at least 1, found 0/,
      ],
      ['engine={"name":"wasm","thread":1}', /engine\.thread: /],
      ['engine=3', /engine: .*found 3/],
      ['engine.threads=3', /engine\.name: expected one of wasm, found "auto"/],
    ];
    for (const [override, complaint] of complaints) {
      for (const space of [workspace(), workspace({ 'mtl.config.json': { ...minimal, engine: 'auto' } })]) {
        const { code, message } = await failureOf(() => load(space, { overrides: [override] }));
        expect(code).to.equal('CONFIG_INVALID');
        expect(message).to.match(complaint);
      }
    }
  });

  it('does not do without a config that is asked for', async () => {
    expect((await failureOf(() => load(workspace(), { file: 'none.yaml' }))).code).to.equal(
      'CONFIG_NOT_FOUND',
    );
    expect((await failureOf(() => load(workspace(), { preset: 'none' }))).code).to.equal('CONFIG_INVALID');
  });
});
