import { expect } from 'chai';
import { mkdirSync } from 'node:fs';
import { failureOf } from '../fakes.js';
import { minimal, Workspace } from './workspace.js';

const yaml = 'dataset: scenes\ntasks: { depth: {} }\ntrain: { epochs: 3 }\n';
const json = JSON.stringify({ ...minimal, train: { epochs: 3 } });
const esm = `export default ${json};\n`;
const cjs = `module.exports = ${json};\n`;
const typescript = `import type { Config } from 'crosstask';
const epochs: Config['train']['epochs'] = 3;
export default { dataset: 'scenes', tasks: { depth: {} }, train: { epochs } } satisfies object;
`;

describe('the config file', () => {
  let folder: Workspace;
  beforeEach(() => (folder = new Workspace().write({ 'package.json': { name: 'project', type: 'module' } })));
  afterEach(() => folder.remove());

  const forms: Readonly<Record<string, string>> = {
    'mtl.config.yaml': yaml,
    'mtl.config.yml': yaml,
    'mtl.config.json': json,
    'mtl.config.js': esm,
    'mtl.config.mjs': esm,
    'mtl.config.cjs': cjs,
    'mtl.config.ts': typescript,
    'mtl.config.mts': typescript,
    'mtl.config.cts': typescript,
    '.mtlrc': yaml,
    '.mtlrc.json': json,
    '.mtlrc.yaml': yaml,
    '.mtlrc.yml': yaml,
    '.mtlrc.js': esm,
    '.mtlrc.ts': typescript,
    '.config/mtl.config.yaml': yaml,
    '.config/mtl.config.ts': typescript,
    '.config/mtlrc': yaml,
    '.config/mtlrc.json': json,
  };
  for (const [name, content] of Object.entries(forms)) {
    it(`may be ${name}, found or named`, async () => {
      folder.write({ [name]: content });
      const found = await folder.load();
      expect(found.config.train.epochs).to.equal(3);
      expect(found.file).to.equal(folder.file(name));
      expect((await folder.load({ file: name })).config).to.deep.equal(found.config);
    });
  }

  it('may be "mtl" in package.json', async () => {
    folder.write({ 'package.json': { name: 'project', mtl: { ...minimal, train: { epochs: 3 } } } });
    const found = await folder.load();
    expect(found.config.train.epochs).to.equal(3);
    expect(found.file).to.equal(folder.file('package.json'));
    expect((await folder.load({ file: 'package.json' })).config).to.deep.equal(found.config);
  });

  it('may be CommonJS in a package without a type', async () => {
    folder.write({ 'package.json': { name: 'project' }, 'mtl.config.js': cjs });
    expect((await folder.load()).config.train.epochs).to.equal(3);
  });

  it('may compute what it says', async () => {
    folder.write({
      'mtl.config.js': `import { join } from 'node:path';\nexport default { ...${json}, backbone: { name: 'resnet18', weights: join('a', 'b') } };`,
    });
    expect((await folder.load()).config.backbone).to.deep.equal({ name: 'resnet18', weights: 'a/b' });
  });

  it('may begin with a byte order mark', async () => {
    folder.write({ 'mtl.config.json': `\uFEFF${json}`, 'other.yaml': `\uFEFF${yaml}` });
    expect((await folder.load()).config.train.epochs).to.equal(3);
    expect((await folder.load({ file: 'other.yaml' })).config.train.epochs).to.equal(3);
  });

  it('may name its JSON schema for an editor', async () => {
    folder.write({
      'mtl.config.json': { $schema: './node_modules/crosstask/dist/config.schema.json', ...minimal },
    });
    expect((await folder.load()).config.dataset).to.equal('scenes');
  });

  it('may have any name that is given', async () => {
    folder.write({ 'runs/first.yaml': yaml });
    const { file, baseFolder } = await folder.load({ file: './runs/first.yaml' });
    expect({ file, baseFolder }).to.deep.equal({
      file: folder.file('runs/first.yaml'),
      baseFolder: folder.file('runs'),
    });
    expect((await folder.load({ file: folder.file('runs/first.yaml') })).file).to.equal(file);
  });

  it('is looked for upward, to the package’s root and no further', async () => {
    folder.write({ 'mtl.config.yaml': yaml, 'inner/deep/keep': '' });
    const { file, baseFolder } = await folder.load({ folder: folder.file('inner/deep') });
    expect({ file, baseFolder }).to.deep.equal({
      file: folder.file('mtl.config.yaml'),
      baseFolder: folder.path,
    });
    folder.write({ 'inner/package.json': { name: 'inner' } });
    const error = await failureOf(() => folder.load({ folder: folder.file('inner/deep') }));
    expect(error.code).to.equal('CONFIG_NOT_FOUND');
  });

  it('is the nearest one, and mtl.config before the others', async () => {
    folder.write({
      'mtl.config.yaml': yaml,
      'inner/.mtlrc': 'dataset: scenes\ntasks: { depth: {} }\ntrain: { epochs: 5 }\n',
    });
    expect((await folder.load({ folder: folder.file('inner') })).config.train.epochs).to.equal(5);
    folder.write({ 'inner/mtl.config.json': { ...minimal, train: { epochs: 7 } } });
    expect((await folder.load({ folder: folder.file('inner') })).config.train.epochs).to.equal(7);
  });

  it('need not be there where a preset or a config is given', async () => {
    const { config, file, baseFolder } = await folder.load({ preset: 'small' });
    expect({ file, baseFolder }).to.deep.equal({ file: undefined, baseFolder: folder.path });
    expect(config).to.deep.include({ backbone: 'resnet18', dataset: { name: 'scenes', size: [32, 64] } });
    expect((await folder.load({ config: minimal })).config.dataset).to.equal('scenes');
  });
});

describe('a config file that cannot be read', () => {
  let folder: Workspace;
  beforeEach(() => (folder = new Workspace().write({ 'package.json': { name: 'project', type: 'module' } })));
  afterEach(() => folder.remove());

  it('is missed with what to do about it', async () => {
    const none = await failureOf(() => folder.load());
    expect(none.code).to.equal('CONFIG_NOT_FOUND');
    expect(none.message).to.equal(
      `No config in ${folder.path} or above it (looked for mtl.config.yaml, .json, .js, .ts, .mtlrc, "mtl" in package.json …); ` +
        'write one with "mtl init", name one with --config FILE, or start from a preset with --preset NAME',
    );
    for (const name of ['none.yaml', 'none.js', 'none.ts', 'none']) {
      const missing = await failureOf(() => folder.load({ file: name }));
      expect(missing.code).to.equal('CONFIG_NOT_FOUND');
      expect(missing.message).to.equal(
        `--config: expected a config file, found nothing at ${folder.file(name)}; check the path; "mtl init" writes a new config`,
      );
    }
  });

  const broken: Readonly<Record<string, readonly [content: string, message: RegExp]>> = {
    'mtl.config.yaml': ['train:\n  epochs: 3\n seed: 1\n', /not valid YAML: .*\(3:2\)/],
    '.mtlrc': ['a: [1, 2\n', /not valid YAML: /],
    'mtl.config.json': [
      '{\n"train": 3,\n}',
      /: not valid JSON: Expected .* JSON at position 14\n\n(.*\n)*> 3 \| \}\n +\| \^$/,
    ],
    'mtl.config.js': ['export default {', /Unexpected end of input/],
    'mtl.config.cjs': ['module.exports = {', /Unexpected end of input|Unexpected token/],
    'mtl.config.ts': ['export default { a: }', /Unexpected token/],
    'mtl.config.mjs': ['import "./nothing.js";', /nothing\.js/],
    'package.json': ['{ "name": ', /: not valid JSON: Unexpected end of JSON input$/],
  };
  for (const [name, [content, message]] of Object.entries(broken)) {
    it(`is named, found or not: ${name}`, async () => {
      folder.write({ [name]: content });
      for (const options of [{}, { file: name }]) {
        const error = await failureOf(() => folder.load(options));
        expect(error.code).to.equal('CONFIG_INVALID');
        expect(error.message)
          .to.match(message)
          .and.to.match(/^Cannot (read|load) /);
        expect(error.message.split(folder.file(name)).length).to.be.within(2, 3);
      }
    });
  }

  it('is not passed over where it fails for want of another file', async () => {
    folder.write({
      'mtl.config.js': `import { readFileSync } from 'node:fs';\nexport default { dataset: readFileSync('/nothing/here') };`,
      '.mtlrc': yaml,
    });
    const error = await failureOf(() => folder.load());
    expect(error.message).to.equal(
      `Cannot load ${folder.file('mtl.config.js')}: ENOENT: no such file or directory, open '/nothing/here'`,
    );
    expect((await failureOf(() => folder.load({ file: 'mtl.config.js' }))).message).to.equal(error.message);
  });

  const odd: readonly (readonly [name: string, content: string, found: string])[] = [
    ['mtl.config.yaml', '', 'an empty file'],
    ['mtl.config.yaml', '# only a comment\n', 'an empty file'],
    ['mtl.config.json', '  \n', 'an empty file'],
    ['mtl.config.ts', '', 'an empty file'],
    ['mtl.config.yaml', '- dataset: scenes\n', '[{"dataset":"scenes"}]'],
    ['mtl.config.json', '[]', '[]'],
    ['mtl.config.yaml', 'scenes', '"scenes"'],
    ['mtl.config.js', 'export default () => ({});', 'a function'],
    ['mtl.config.js', 'export default 5;', '5'],
  ];
  for (const [name, content, found] of odd) {
    it(`is refused where it holds no keys: ${name} with ${JSON.stringify(content)}`, async () => {
      folder.write({ [name]: content });
      for (const options of [{}, { file: name }]) {
        const error = await failureOf(() => folder.load(options));
        expect(error.message).to.equal(`${folder.file(name)}: expected a group of keys, found ${found}`);
      }
    });
  }

  it('is refused where it is a package.json without "mtl", a folder, or of an unknown form', async () => {
    folder.write({ 'config.toml': 'a = 1' });
    mkdirSync(folder.file('configs'));
    const message = async (file: string): Promise<string> =>
      (await failureOf(() => folder.load({ file }))).message;
    expect(await message('package.json')).to.equal(
      `${folder.file('package.json')}: expected a group of keys under "mtl", found none`,
    );
    expect(await message('configs')).to.match(/^Cannot read .*configs: a folder, not a regular file$/);
    expect(await message('config.toml')).to.equal(
      `--config: expected a file that ends in .yaml, .yml, .json, .js, .mjs, .cjs, .ts, .mts, .cts or has no ending, found ${folder.file('config.toml')}`,
    );
  });
});
