import { expect } from 'chai';
import { z } from 'zod';
import {
  createToken,
  definePart,
  definePlugin,
  MtlError,
  partSpec,
  Registry,
  RunContainer,
  type Metric,
  type Plugin,
} from '../../../core/index.js';
import { failureOf, fakePart, fakePlugin, fakeRegistry } from '../fakes.js';

const scaleToken = createToken<number>('the scale');

/** A metric that computes its options, to see what `create` was given. */
const constant = definePart({
  description: 'Always the same.',
  options: z.strictObject({ value: z.number().default(1) }),
  create: ({ value }, deps): Metric => ({
    name: 'constant',
    higherIsBetter: true,
    reset: () => undefined,
    update: () => undefined,
    compute: () => value * (deps.has(scaleToken) ? deps.get(scaleToken) : 1),
  }),
});

const plugin = definePlugin({ name: 'mine', metrics: { constant } });

describe('Registry', () => {
  it('knows the parts of its plugins by kind and name', () => {
    const registry = fakeRegistry(plugin);
    expect(registry.names('metric')).to.deep.equal(['rmse', 'miou', 'constant']);
    expect(registry.names('task')).to.deep.equal(['segmentation', 'depth']);
    expect(registry.presetNames()).to.deep.equal(['base', 'small']);
    expect(registry.preset('small')).to.include({ extends: 'base' });
    expect(registry.preset('toString')).to.be.undefined;
    expect(registry.list()).to.deep.include({
      kind: 'metric',
      name: 'constant',
      plugin: 'mine',
      description: 'Always the same.',
    });
    expect(new Registry().list()).to.deep.equal([]);
  });

  it('makes a part from its name, or from its name and options', () => {
    const registry = new Registry([plugin]);
    const deps = new RunContainer();
    expect(registry.create('metric', 'constant', deps).compute()).to.equal(1);
    expect(registry.create('metric', { name: 'constant', value: 5 }, deps).compute()).to.equal(5);
    deps.provide(scaleToken, 10);
    expect(registry.create('metric', { name: 'constant', value: 5 }, deps).compute()).to.equal(50);
  });

  it('makes a new part every time', () => {
    const registry = new Registry([plugin]);
    const deps = new RunContainer();
    expect(registry.create('metric', 'constant', deps)).not.to.equal(
      registry.create('metric', 'constant', deps),
    );
  });

  it('keeps what a part is bound to', () => {
    class Counter {
      description = 'Made by a class.';
      options = z.strictObject({});
      private made = 0;
      create(): Metric {
        this.made += 1;
        const { made } = this;
        return {
          name: 'c',
          higherIsBetter: true,
          reset: () => undefined,
          update: () => undefined,
          compute: () => made,
        };
      }
    }
    const registry = new Registry([{ name: 'classes', metrics: { counter: new Counter() } }]);
    expect(registry.create('metric', 'counter', new RunContainer()).compute()).to.equal(1);
    expect(registry.create('metric', 'counter', new RunContainer()).compute()).to.equal(2);
  });

  it('answers an unknown name with the valid ones and a guess', async () => {
    const registry = fakeRegistry();
    const create = (name: string, path?: string) => () =>
      registry.create('loss', name, new RunContainer(), path);
    const unknown = await failureOf(create('l2'));
    expect(unknown.code).to.equal('PLUGIN_UNKNOWN');
    expect(unknown.message).to.equal(
      'loss: expected one of l1, crossEntropy, sum, xtc, found "l2"; did you mean "l1"?',
    );
    expect((await failureOf(create('huber', 'tasks.depth.loss'))).message).to.equal(
      'tasks.depth.loss: expected one of l1, crossEntropy, sum, xtc, found "huber"',
    );
    expect((await failureOf(create('constructor'))).code).to.equal('PLUGIN_UNKNOWN');
    expect((await failureOf(() => new Registry().schema('loss', 'l1'))).message).to.equal(
      'loss: expected a part that a plugin brings (there is none), found "l1"',
    );
  });

  it('refuses wrong options with everything that is wrong', async () => {
    const spec = { name: 'folders', clases: 1, root: 5 };
    const error = await failureOf(() => fakeRegistry().create('dataset', spec, new RunContainer()));
    expect(error.code).to.equal('CONFIG_INVALID');
    expect(error.message.split('\n')).to.deep.equal([
      'dataset.root: expected a text, found 5',
      'dataset.classes: expected a whole number of at least 2, found nothing',
      'dataset.clases: expected one of the keys root, classes, found "clases"; did you mean "classes"?',
    ]);
  });

  it('refuses unknown options even where the plugin’s own schema would drop them', () => {
    const loose = definePlugin({
      name: 'loose',
      metrics: { lax: fakePart(z.object({ rate: z.number().optional() })) },
    });
    expect(new Registry([loose]).problems('metric', { name: 'lax', rat: 1 }, 'metric')).to.deep.equal([
      'metric.rat: expected one of the keys rate, found "rat"; did you mean "rate"?',
    ]);
  });

  it('leaves schemas alone that say what else they take', () => {
    const open = definePlugin({
      name: 'open',
      metrics: {
        loose: fakePart(z.looseObject({})),
        numbers: fakePart(z.object({}).catchall(z.number())),
        either: fakePart(z.union([z.strictObject({ a: z.number() }), z.strictObject({ b: z.number() })])),
      },
    });
    const registry = new Registry([open]);
    expect(registry.problems('metric', { name: 'loose', any: 1 }, 'm')).to.deep.equal([]);
    expect(registry.problems('metric', { name: 'numbers', any: 1 }, 'm')).to.deep.equal([]);
    expect(registry.problems('metric', { name: 'either', b: 1 }, 'm')).to.deep.equal([]);
    expect(registry.problems('metric', { name: 'numbers', any: 'x' }, 'm')).to.deep.equal([
      'm.any: expected a number, found "x"',
    ]);
  });

  it('checks the parts that options name, at any depth, and all problems at once', () => {
    const spec = {
      name: 'sum',
      of: ['l1', { name: 'sum', of: [{ name: 'l1', reduction: 'pixel' }, 'l3'] }, {}],
      by: 2,
    };
    expect(fakeRegistry().problems('loss', spec, 'tasks.depth.loss')).to.deep.equal([
      'tasks.depth.loss.of[2]: expected one of l1, crossEntropy, sum, xtc, or { name, …options }, found {}',
      'tasks.depth.loss.by: expected one of the keys of, found "by"',
      'tasks.depth.loss.of[1].of[0].reduction: expected one of batch, image, found "pixel"',
      'tasks.depth.loss.of[1].of[1]: expected one of l1, crossEntropy, sum, xtc, found "l3"; did you mean "l1"?',
    ]);
  });

  it('finds nested parts behind descriptions, defaults, unions and records', () => {
    const nested = definePlugin({
      name: 'nested',
      metrics: {
        outer: fakePart(
          z.strictObject({
            described: partSpec('loss').describe('Which one.'),
            maybe: partSpec('loss').nullable().optional(),
            either: z.union([z.literal('none'), partSpec('loss')]).default('none'),
            each: z.record(z.string(), partSpec('loss')).default({}),
            pair: z.tuple([z.string(), partSpec('loss')]).optional(),
          }),
        ),
      },
    });
    const registry = fakeRegistry(nested);
    const problems = (options: object) =>
      registry.problems('metric', { name: 'outer', described: 'l1', ...options }, 'm');
    expect(problems({ maybe: null })).to.deep.equal([]);
    expect(problems({ either: 'none' })).to.deep.equal([]);
    const unknown = 'expected one of l1, crossEntropy, sum, xtc, found "?"';
    expect(problems({ described: '?' })).to.deep.equal([`m.described: ${unknown}`]);
    expect(problems({ maybe: { name: '?' } })).to.deep.equal([`m.maybe.name: ${unknown}`]);
    expect(problems({ either: '?' })).to.deep.equal([`m.either: ${unknown}`]);
    expect(problems({ each: { a: 'l1', b: '?' } })).to.deep.equal([`m.each.b: ${unknown}`]);
    expect(problems({ pair: ['l1', '?'] })).to.deep.equal([`m.pair[1]: ${unknown}`]);
  });

  it('passes a part’s own error on, and names the part in any other', async () => {
    const failing = (error: Error) =>
      definePart({
        description: 'Fails.',
        options: z.strictObject({}),
        create: (): Metric => {
          throw error;
        },
      });
    const own = new MtlError('DATA_INVALID', 'no such folder');
    const cause = new TypeError('x is undefined');
    const registry = new Registry([
      { name: 'failing', metrics: { own: failing(own), broken: failing(cause) } },
    ]);
    expect(await failureOf(() => registry.create('metric', 'own', new RunContainer()))).to.equal(own);
    const wrapped = await failureOf(() => registry.create('metric', 'broken', new RunContainer()));
    expect(wrapped).to.include({
      code: 'PLUGIN_INVALID',
      message: 'Cannot make metric "broken":\n  x is undefined',
    });
    expect(wrapped.cause).to.equal(cause);
  });
});

describe('Registry.add', () => {
  const withPart = (name: string, metric: string): Plugin =>
    definePlugin({ name, metrics: { [metric]: constant } });

  it('refuses a name that is taken, and then takes in nothing of the plugin', async () => {
    const registry = new Registry([withPart('first', 'constant')]);
    const second = definePlugin({ name: 'second', losses: { other: fakePart() }, metrics: { constant } });
    const error = await failureOf(() => registry.add(second));
    expect(error.code).to.equal('PLUGIN_DUPLICATE');
    expect(error.message).to.equal(
      'Plugin "second" defines metric "constant", which plugin "first" already defines; give it another name',
    );
    expect(registry.names('loss')).to.deep.equal([]);
    expect(() => registry.add(withPart('third', 'another'))).not.to.throw();
    expect(registry.names('metric')).to.deep.equal(['constant', 'another']);
  });

  it('lets two kinds share a name', () => {
    const registry = new Registry([
      { name: 'both', losses: { same: fakePart() }, metrics: { same: constant } },
    ]);
    expect(registry.list().map(({ kind, name }) => `${kind} ${name}`)).to.have.members([
      'loss same',
      'metric same',
    ]);
  });

  it('refuses a preset that is taken', async () => {
    const error = await failureOf(() =>
      fakeRegistry({ name: 'more', metrics: { constant }, presets: { base: {} } }),
    );
    expect(error.message).to.equal(
      'Plugin "more" defines preset "base", which plugin "fakes" already defines; give it another name',
    );
  });

  it('says what is wrong with something that is no plugin', async () => {
    const made = 'it must be made by definePart({ description, options, create }), its options a zod schema';
    const table: readonly (readonly [plugin: unknown, found: string])[] = [
      [undefined, 'found nothing'],
      [null, 'found null'],
      ['mine', 'found "mine"'],
      [[plugin], 'found a list'],
      [() => plugin, 'found a function'],
      [{}, 'found {}, whose name is nothing'],
      [{ name: '' }, 'found { name }, whose name is ""'],
      [{ default: plugin }, 'found { default }, whose name is nothing'],
      [
        { name: 'x', loses: {} },
        'found the unknown field "loses" in "x"; the fields are name, module, presets, comparisons, tasks, backbones, transferNets, losses, ' +
          'weighters, architectures, auxiliaries, datasets, engines, optimizers, metrics, exporters',
      ],
      [
        { name: 'x', metrics: [constant] },
        'found a list as the metrics of "x"; write metrics: { myName: … }',
      ],
      [{ name: 'x', metrics: null }, 'found null as the metrics of "x"; write metrics: { myName: … }'],
      [{ name: 'x', metrics: { m: null } }, `found null as metrics.m of "x"; ${made}`],
      [
        { name: 'x', metrics: { m: { options: z.object({}), create: () => 1 } } },
        `found { options, create } as metrics.m of "x"; ${made}`,
      ],
      [
        { name: 'x', metrics: { m: { description: 'd', options: {}, create: () => 1 } } },
        `found { description, options, create } as metrics.m of "x"; ${made}`,
      ],
      [
        { name: 'x', metrics: { m: { description: 'd', options: z.object({}) } } },
        `found { description, options } as metrics.m of "x"; ${made}`,
      ],
      [
        { name: 'x', presets: { p: 'base' } },
        'found "base" as presets.p of "x"; it must be written like a config',
      ],
    ];
    for (const [value, found] of table) {
      const error = await failureOf(() => new Registry().add(value as Plugin));
      expect(error.code).to.equal('PLUGIN_INVALID');
      expect(error.message).to.equal(`expected a plugin made by definePlugin({ name, … }), ${found}`);
    }
  });

  it('takes a plugin with nothing in it, or with kinds left undefined', () => {
    expect(
      () => new Registry([{ name: 'empty' }, { name: 'undefined', metrics: undefined } as unknown as Plugin]),
    ).not.to.throw();
    expect(fakePlugin.name).to.equal('fakes');
  });
});
