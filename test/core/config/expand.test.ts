import { expect } from 'chai';
import { definePlugin } from '../../../core/index.js';
import { failureOf, fakePlugin } from '../fakes.js';
import { minimal, Workspace } from './workspace.js';

const messageOf = async (action: () => Promise<unknown>): Promise<string> =>
  (await failureOf(action)).message;

describe('extends', () => {
  let folder: Workspace;
  beforeEach(() => (folder = new Workspace()));
  afterEach(() => folder.remove());

  it('takes a preset, which may extend another', async () => {
    folder.write({ 'mtl.config.yaml': 'extends: small\ntrain: { batchSize: 4 }\n' });
    const { config } = await folder.load();
    expect(config).to.deep.include({ backbone: 'resnet18', dataset: { name: 'scenes', size: [32, 64] } });
    expect(config.train).to.include({ epochs: 2, batchSize: 4 });
    expect(config).not.to.have.property('extends');
  });

  it('takes files relative to the file that names them', async () => {
    folder.write({
      'mtl.config.yaml': 'extends: ./shared/small.json\ntrain: { seed: 3 }\n',
      'shared/small.json': { extends: '../base.ts', train: { epochs: 2 } },
      'base.ts': `const seed: number = 1;\nexport default { ...${JSON.stringify(minimal)}, train: { epochs: 1, seed, batchSize: 1 } };`,
    });
    expect((await folder.load()).config.train).to.include({ epochs: 2, seed: 3, batchSize: 1 });
    expect(
      (await folder.load({ config: { extends: folder.file('shared/small.json') } })).config.train.epochs,
    ).to.equal(2);
  });

  it('takes a list, the later over the earlier', async () => {
    folder.write({
      'mtl.config.yaml': 'extends: [small, ./long.yaml, ./seeded.yaml]\n',
      'long.yaml': 'train: { epochs: 900, seed: 1 }\n',
      'seeded.yaml': 'train: { seed: 2 }\n',
    });
    const { config } = await folder.load();
    expect(config.backbone).to.equal('resnet18');
    expect(config.train).to.include({ epochs: 900, seed: 2 });
    expect((await folder.load({ config: { ...minimal, extends: [] } })).config.dataset).to.equal('scenes');
  });

  it('may come to one file by two ways', async () => {
    folder.write({
      'mtl.config.yaml': 'extends: [./left.yaml, ./right.yaml]\n',
      'left.yaml': 'extends: ./bottom.yaml\ntrain: { epochs: 5 }\n',
      'right.yaml': 'extends: ./bottom.yaml\ntrain: { seed: 5 }\n',
      'bottom.yaml': 'extends: base\nplugins: [./plugin.mjs]\n',
      'plugin.mjs': 'export default { name: "mine", presets: { mine: {} } };',
    });
    const { config, registry } = await folder.load();
    expect(config.train).to.include({ epochs: 10, seed: 5 });
    expect(config.plugins).to.deep.equal(['./plugin.mjs']);
    expect(registry.presetNames()).to.include('mine');
  });

  it('refuses to go round in a circle, and shows it', async () => {
    const [first, second] = [folder.file('first.yaml'), folder.file('second.yaml')];
    folder.write({
      'first.yaml': 'extends: ./second.yaml\n',
      'second.yaml': 'extends: [base, ./first.yaml]\n',
      'self.yaml': 'extends: ./self.yaml',
    });
    expect(await messageOf(() => folder.load({ file: 'first.yaml' }))).to.equal(
      `extends[1] in ${second}: ${first} extends ${second} extends ${first} goes round in a circle`,
    );
    const self = folder.file('self.yaml');
    expect(await messageOf(() => folder.load({ file: 'self.yaml' }))).to.equal(
      `extends in ${self}: ${self} extends ${self} goes round in a circle`,
    );
    const presets = definePlugin({ name: 'circle', presets: { a: { extends: 'b' }, b: { extends: 'a' } } });
    expect(await messageOf(() => folder.load({ plugins: [fakePlugin, presets], preset: 'a' }))).to.equal(
      'extends in preset "b": a extends b extends a goes round in a circle',
    );
  });

  it('says where a wrong name stands, and what there is', async () => {
    const file = folder.file('mtl.config.json');
    const message = (parents: unknown): Promise<string> => {
      folder.write({ 'mtl.config.json': { ...minimal, extends: parents } });
      return messageOf(() => folder.load());
    };
    const expected = 'expected a config file (./…) or a preset: base, small';
    expect(await message('bas')).to.equal(
      `extends in ${file}: ${expected}, found "bas"; did you mean "base"?`,
    );
    expect(await message(['base', 'paper'])).to.equal(`extends[1] in ${file}: ${expected}, found "paper"`);
    expect(await message('other.yaml')).to.equal(
      `extends in ${file}: ${expected}, found "other.yaml"; write ./other.yaml for a file`,
    );
    expect(await message(5)).to.equal(`extends in ${file}: ${expected}, found 5`);
    expect(await message(null)).to.equal(`extends in ${file}: ${expected}, found null`);
    expect(await message([['base']])).to.equal(`extends[0] in ${file}: ${expected}, found ["base"]`);
    expect(await message('./none.yaml')).to.equal(
      `extends in ${file}: expected a config file, found nothing at ${folder.file('none.yaml')}; check the path; "mtl init" writes a new config`,
    );
    expect(await messageOf(() => folder.load({ preset: 'smal' }))).to.equal(
      `--preset: ${expected}, found "smal"; did you mean "small"?`,
    );
    expect(await messageOf(() => folder.load({ plugins: [], preset: 'base' }))).to.equal(
      '--preset: expected a config file (./…) or a preset, found "base"',
    );
  });
});

const typescriptPlugin = `
import { definePart, definePlugin, tokens, type Metric } from 'crosstask';
import { z } from 'zod';

interface Options { readonly value: number }

export default definePlugin({
  name: 'typed',
  metrics: {
    typed: definePart({
      description: 'In TypeScript.',
      options: z.object({ value: z.number().default(2) }),
      create: ({ value }: Options, deps): Metric => ({
        name: 'typed', higherIsBetter: true, reset: () => undefined, update: () => undefined,
        compute: () => value * deps.get(tokens.seed),
      }),
    }),
  },
});
`;

describe('plugins', () => {
  let folder: Workspace;
  beforeEach(() => (folder = new Workspace()));
  afterEach(() => folder.remove());

  const plugin = (name: string): string =>
    `{ name: '${name}', presets: { '${name}': { train: { seed: 77 } } } }`;
  const presets = async (...plugins: string[]): Promise<readonly string[]> => {
    const { registry } = await folder.load({ config: { ...minimal, plugins } });
    return registry.presetNames().filter((name) => !['base', 'small'].includes(name));
  };

  it('come by path, in JavaScript of either kind', async () => {
    folder.write({
      'package.json': { type: 'commonjs' },
      'a.mjs': `export default ${plugin('a')};`,
      'b.cjs': `module.exports = ${plugin('b')};`,
      'parts/c.js': `exports.__esModule = true;\nexports.default = ${plugin('c')};`,
      'd.mjs': `export const name = 'd', presets = { d: {} };`,
    });
    expect(await presets('./a.mjs', './b.cjs', folder.file('parts/c.js'))).to.deep.equal(['a', 'b', 'c']);
    expect(await presets('./d.mjs')).to.deep.equal(['d']);
  });

  it('come by path in TypeScript, and share this package with the program', async () => {
    folder.link('crosstask', 'zod').write({ 'typed.ts': typescriptPlugin });
    const config = {
      ...minimal,
      plugins: ['./typed.ts'],
      tasks: { depth: { metrics: ['rmse', { name: 'typed', value: 4 }] } },
    };
    const { registry } = await folder.load({ config });
    expect(registry.list()).to.deep.include({
      kind: 'metric',
      name: 'typed',
      plugin: 'typed',
      description: 'In TypeScript.',
    });
    const { RunContainer, tokens } = await import('../../../core/index.js');
    const deps = new RunContainer().provide(tokens.seed, 3);
    expect(registry.create('metric', { name: 'typed', value: 4 }, deps).compute()).to.equal(12);
    const mistyped = { ...config, tasks: { depth: { metrics: [{ name: 'typed', valu: 4 }] } } };
    expect((await messageOf(() => folder.load({ config: mistyped }))).split('\n')[1]).to.equal(
      '  tasks.depth.metrics[0].valu: expected one of the keys value, found "valu"; did you mean "value"?',
    );
  });

  it('come by the name of a package beside the config', async () => {
    const usesCore = `import { definePlugin } from 'crosstask';\nexport default definePlugin(${plugin('esm')});`;
    folder.link('crosstask').write({
      'mtl.config.yaml': 'extends: [base, esm]\nplugins: [mtl-esm, mtl-cjs, "@scope/mtl-scoped"]\n',
      'node_modules/mtl-esm/package.json': {
        name: 'mtl-esm',
        type: 'module',
        exports: { import: './lib/index.js' },
      },
      'node_modules/mtl-esm/lib/index.js': usesCore,
      'node_modules/mtl-cjs/package.json': { name: 'mtl-cjs', main: 'main.js' },
      'node_modules/mtl-cjs/main.js': `module.exports = ${plugin('cjs')};`,
      'node_modules/@scope/mtl-scoped/package.json': { name: '@scope/mtl-scoped', exports: './index.mjs' },
      'node_modules/@scope/mtl-scoped/index.mjs': `export default ${plugin('scoped')};`,
      'sub/keep': '',
    });
    const { registry, config } = await folder.load();
    expect(registry.presetNames()).to.include.members(['esm', 'cjs', 'scoped']);
    expect(config.train.seed).to.equal(77);
    expect(config.plugins).to.deep.equal(['mtl-esm', 'mtl-cjs', '@scope/mtl-scoped']);
    expect(
      (
        await folder.load({ folder: folder.file('sub'), config: { ...minimal, plugins: ['mtl-cjs'] } })
      ).registry.preset('cjs'),
    ).to.exist;
  });

  it('may bring the preset that a flag names', async () => {
    folder.write({
      'mtl.config.json': { ...minimal, plugins: ['./mine.mjs'] },
      'mine.mjs': `export default ${plugin('mine')};`,
    });
    expect((await folder.load({ file: 'mtl.config.json', preset: 'mine' })).config.train.seed).to.equal(77);
  });

  it('are all kept, each once and as the config’s folder sees it, so that a stored config loads them again', async () => {
    folder.write({
      'mtl.config.yaml':
        'extends: [./shared/base.yaml, ./shared/more.yaml]\nplugins: [./mine.mjs, ./mine.mjs, ./shared/theirs.mjs]\n',
      'shared/base.yaml': 'extends: base\nplugins: [./theirs.mjs]\n',
      'shared/more.yaml': 'plugins: [./other.mjs]\n',
      'mine.mjs': `export default ${plugin('mine')};`,
      'shared/theirs.mjs': `export default ${plugin('theirs')};`,
      'shared/other.mjs': `export default ${plugin('other')};`,
    });
    const { config } = await folder.load();
    expect(config.plugins).to.have.members([
      folder.file('shared/theirs.mjs'),
      folder.file('shared/other.mjs'),
      './mine.mjs',
      './shared/theirs.mjs',
    ]);
    const again = await folder.load({ config: { ...config } });
    expect(again.registry.presetNames()).to.have.members(['base', 'small', 'mine', 'theirs', 'other']);
  });

  it('are refused with the place, the file and the reason', async () => {
    folder.write({
      'throws.mjs': 'throw new Error("needs a GPU");',
      'syntax.ts': 'export default {',
      'nothing.mjs': 'export const x = 1;',
      'mistyped.mjs': 'export default { name: "x", loses: {} };',
      'taken.mjs': 'export default { name: "taken", presets: { base: {} } };',
      'parts/keep': '',
    });
    const table: readonly (readonly [name: string, code: string, message: string | RegExp])[] = [
      [
        './none.js',
        'PLUGIN_INVALID',
        `expected the path of a module (./…) or the name of an installed package, found "./none.js" (${folder.file('none.js')} does not exist)`,
      ],
      [
        './parts',
        'PLUGIN_INVALID',
        `expected the path of a module (./…) or the name of an installed package, found "./parts" (${folder.file('parts')} is a folder; name the module in it)`,
      ],
      [
        'mtl-none',
        'PLUGIN_INVALID',
        `expected the path of a module (./…) or the name of an installed package, found "mtl-none" (Cannot find module 'mtl-none')`,
      ],
      ['./throws.mjs', 'PLUGIN_INVALID', `cannot load ${folder.file('throws.mjs')}: needs a GPU`],
      ['./syntax.ts', 'PLUGIN_INVALID', /^cannot load .*syntax\.ts: .*Unexpected token/],
      [
        './nothing.mjs',
        'PLUGIN_INVALID',
        `the default export of ${folder.file('nothing.mjs')}: expected a plugin made by definePlugin({ name, … }), found { x }, whose name is nothing`,
      ],
      [
        './mistyped.mjs',
        'PLUGIN_INVALID',
        /^the default export of .*mistyped\.mjs: expected a plugin .*, found the unknown field "loses" in "x"; the fields are /,
      ],
      [
        './taken.mjs',
        'PLUGIN_DUPLICATE',
        `the default export of ${folder.file('taken.mjs')}: Plugin "taken" defines preset "base", which plugin "fakes" already defines; give it another name`,
      ],
    ];
    for (const [name, code, message] of table) {
      folder.write({
        'mtl.config.json': { ...minimal, plugins: ['./fine.mjs', name] },
        'fine.mjs': `export default ${plugin('fine')};`,
      });
      const error = await failureOf(() => folder.load());
      expect(error.code).to.equal(code);
      const what = `plugins[1] in ${folder.file('mtl.config.json')}: `;
      expect(error.message.slice(0, what.length)).to.equal(what);
      if (typeof message === 'string') expect(error.message.slice(what.length)).to.equal(message);
      else expect(error.message.slice(what.length)).to.match(message);
    }
  });
});
