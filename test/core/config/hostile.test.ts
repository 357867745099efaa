import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../core/index.js';
import { fakePlugin, failureOf } from '../fakes.js';
import { minimal, Workspace } from './workspace.js';

const yaml = 'dataset: scenes\ntasks: { depth: {} }\n';

describe('a config that means harm', () => {
  let folder: Workspace;
  beforeEach(() => (folder = new Workspace()));
  afterEach(() => {
    expect(({} as Record<string, unknown>).polluted, 'a prototype was polluted').to.be.undefined;
    folder.remove();
  });

  const messageOf = async (name: string, content: unknown): Promise<string> => {
    const start = performance.now();
    const { code, message } = await failureOf(() => folder.write({ [name]: content }).load({ file: name }));
    expect(code).to.equal('CONFIG_INVALID');
    expect(performance.now() - start).to.be.below(3000);
    expect(message.length).to.be.below(20_000);
    return message;
  };

  it('executes nothing: YAML has no tags that make code', async () => {
    for (const tag of ['js/function', 'js/regexp', 'js/undefined', 'python/object/apply:os.system', 'x']) {
      const text = `${yaml}train: { seed: !!${tag} "function () { globalThis.ran = true }" }\n`;
      expect(await messageOf('config.yaml', text)).to.match(/Cannot read .*unknown tag/);
    }
    expect(globalThis).to.not.have.property('ran');
  });

  it('pollutes no prototype, by whatever way', async () => {
    const text = JSON.stringify({ ...minimal, train: {} });
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString']) {
      const pollution = `{ "polluted": true, "prototype": { "polluted": true } }`;
      const json = text.replace(/^\{/, `{ "${key}": ${pollution},`);
      expect(await messageOf('config.json', json)).to.contain(key);
      expect(await messageOf('config.yaml', `${yaml}"${key}": ${pollution}\n`)).to.contain(key);
      expect(await messageOf('nested.yaml', `${yaml}train: { "${key}": ${pollution} }\n`)).to.contain(key);
      const merged = `${yaml}train: { <<: { "${key}": ${pollution} } }\n`;
      expect(await messageOf('merged.yaml', merged)).to.contain(key);
      folder.write({ 'below.json': json, 'above.yaml': `extends: ./below.json\n${yaml}` });
      const above = await failureOf(() => folder.load({ file: 'above.yaml' }));
      expect(above.message).to.contain(key);
      const overrides = [`${key}.polluted=true`, `train.${key}.polluted=true`];
      for (const override of overrides) {
        const { message } = await failureOf(() => folder.load({ config: minimal, overrides: [override] }));
        expect(message).to.contain(key);
      }
    }
  });

  it('is refused where it grows by its references ("billion laughs")', async () => {
    const levels = 'abcdefghij'.split('');
    const lists = levels.map((name, index) => {
      const inner = index === 0 ? 'lol' : `*${levels[index - 1]!}`;
      return `x${name}: &${name} [${Array<string>(9).fill(inner).join(', ')}]`;
    });
    const groups = levels.map((name, index) => {
      const inner = index === 0 ? 'lol' : `*${levels[index - 1]!}`;
      return `x${name}: &${name} { ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => `k${key}: ${inner}`).join(', ')} }`;
    });
    for (const lines of [lists, groups])
      expect(await messageOf('config.yaml', `${yaml}${lines.join('\n')}\n`)).to.match(
        /at most 100000 values/,
      );
    const many = `a: &a { ${Array.from({ length: 2000 }, (_, key) => `k${key}: 1`).join(', ')} }\n`;
    const merges = `${many}b: { <<: [${Array<string>(20_000).fill('*a').join(', ')}] }\n`;
    expect(await messageOf('config.yaml', merges)).to.match(/20000 YAML references .*, more than the 100/);
    expect(await messageOf('config.yaml', `${yaml}train: &t { seed: *t }\n`)).to.match(
      /at most 64 deep|unidentified alias/,
    );
    expect(await messageOf('config.yaml', `${yaml}train: &t\n  seed: *t\n`)).to.match(/at most 64 deep/);
  });

  it('is refused where it is deep or long', async () => {
    const deep = (open: string, close: string, times: number): string =>
      `{ "dataset": ${open.repeat(times)}1${close.repeat(times)} }`;
    for (const name of ['config.json', 'config.yaml']) {
      expect(await messageOf(name, deep('[', ']', 100))).to.match(/at most 64 deep|maxDepth|nesting/i);
      expect(await messageOf(name, deep('{"a":', '}', 100))).to.match(/at most 64 deep|maxDepth|nesting/i);
      await messageOf(name, deep('[', ']', 100_000));
      await messageOf(name, deep('{"a":', '}', 100_000));
    }
    expect(await messageOf('config.yaml', `${yaml}# ${'x'.repeat(2 ** 20)}`)).to.match(
      /1048\d+ bytes, more than/,
    );
    const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${index}`, 1]));
    expect(await messageOf('config.json', keys)).to.match(/… and \d+ more$/);
    const given = await failureOf(() => loadConfig({ plugins: [fakePlugin], config: null as never }));
    expect(given.message).to.equal('the config: expected a group of keys, found null');
    const round: Record<string, unknown> = { ...minimal };
    round.train = round;
    expect((await failureOf(() => folder.load({ config: round }))).message).to.match(/at most 64 deep/);
  });

  it('is refused where it is no file', async function () {
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [folder.file('pipe.yaml')]);
    mkdirSync(folder.file('folder.yaml'));
    const message = async (file: string): Promise<string> =>
      (await failureOf(() => folder.load({ file }))).message;
    expect(await message('pipe.yaml')).to.match(/^Cannot read .*: a named pipe, not a regular file$/);
    expect(await message('folder.yaml')).to.match(/^Cannot read .*: a folder, not a regular file$/);
    expect(await message('/dev/zero')).to.match(/^Cannot read .*: a device, not a regular file$/);
  });
});

describe('paths in a config', () => {
  let folder: Workspace;
  beforeEach(() => (folder = new Workspace()));
  afterEach(() => folder.remove());

  const plugin = (name: string): string =>
    `import { writeFileSync } from 'node:fs';\n` +
    `writeFileSync(new URL('./ran-${name}', import.meta.url), '');\n` +
    `export default { name: '${name}' };\n`;

  it('start from the folder of the file that says them, not from the current one', async () => {
    folder.write({
      'plugin.mjs': plugin('outer'),
      'base/plugin.mjs': plugin('inner'),
      'base/base.yaml': `${yaml}plugins: [./plugin.mjs]\n`,
      'project/mtl.config.yaml': 'extends: ../base/base.yaml\n',
    });
    const { baseFolder } = await folder.load({ file: 'project/mtl.config.yaml' });
    expect(baseFolder).to.equal(folder.file('project'));
    expect(existsSync(folder.file('base/ran-inner'))).to.be.true;
    expect(existsSync(folder.file('ran-outer'))).to.be.false;
  });

  it('of a name without ./ are packages and presets, never files that lie there', async () => {
    folder.write({ 'plugin.mjs': plugin('p'), 'base.yaml': yaml });
    const asPackage = await failureOf(() => folder.load({ config: { ...minimal, plugins: ['plugin.mjs'] } }));
    expect(asPackage.code).to.equal('PLUGIN_INVALID');
    const asPreset = await failureOf(() => folder.load({ config: { ...minimal, extends: 'base.yaml' } }));
    expect(asPreset.message).to.contain('write ./base.yaml for a file');
    for (const url of [
      'data:text/javascript,globalThis.ran=true',
      'https://example.com/x.js',
      'file:///x.js',
    ]) {
      const { code } = await failureOf(() => folder.load({ config: { ...minimal, plugins: [url] } }));
      expect(code, url).to.equal('PLUGIN_INVALID');
    }
    expect(globalThis).to.not.have.property('ran');
    expect(existsSync(join(folder.path, 'ran-p'))).to.be.false;
  });
});
