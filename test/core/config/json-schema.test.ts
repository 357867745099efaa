import { expect } from 'chai';
import { z } from 'zod';
import {
  checkConfig,
  configJsonSchema,
  definePlugin,
  kinds,
  partSpec,
  type Fragment,
} from '../../../core/index.js';
import { fakePart, fakeRegistry } from '../fakes.js';
import { matches } from './json-schema-validator.js';
import { minimal } from './workspace.js';

const registry = fakeRegistry();
const schema = configJsonSchema(registry);
const fits = (config: unknown): boolean => matches(schema, config, schema);

const right: Readonly<Record<string, Fragment>> = {
  'the least': minimal,
  'what a preset completes': { extends: 'base', train: { epochs: 3 } },
  'several parents': { extends: ['base', './other.yaml'] },
  'a preset as it is written': registry.preset('small')!,
  'a schema for the editor': { ...minimal, $schema: './node_modules/crosstask/dist/config.schema.json' },
  'parts with options': {
    dataset: { name: 'folders', root: './x', classes: 7 },
    tasks: {
      segmentation: null,
      depth: { loss: { name: 'l1', reduction: 'image' }, metrics: ['rmse', { name: 'miou', classes: 3 }] },
    },
    backbone: { name: 'resnet34', weights: './w.safetensors' },
    engine: { name: 'wasm', threads: 2 },
  },
  'options of a part that a preset names': {
    extends: 'base',
    dataset: { size: [64, 64] },
    backbone: { weights: './w' },
    train: { optimizer: { lr: 1 } },
  },
  'a task by another name': { ...minimal, tasks: { near: { type: 'depth', unit: '1/m' } } },
  'parts in parts of their own kind': {
    ...minimal,
    tasks: { depth: { loss: { name: 'sum', of: ['l1', { name: 'sum', of: ['l1'] }] } } },
  },
  'values of several forms': {
    ...minimal,
    consistency: { lambda: { depth: 0.1 }, edges: [['depth', 'segmentation']] },
    train: {
      augment: false,
      schedule: { name: 'step', every: 80, factor: 0.5, warmup: { epochs: 2 } },
      clipNorm: null,
    },
  },
  'no consistency': { ...minimal, consistency: null, engine: 'auto' },
  plugins: { ...minimal, plugins: ['./mine.js', 'mtl-theirs'] },
};

const wrong: Readonly<Record<string, Fragment>> = {
  'a key that does not exist': { ...minimal, trian: {} },
  'a key that does not exist, deeper': { ...minimal, train: { epcohs: 3 } },
  'a text for a number': { ...minimal, train: { epochs: '3' } },
  'a number out of its range': { ...minimal, train: { epochs: 0 } },
  'an unknown part': { ...minimal, dataset: 'scene' },
  'an unknown part with options': { ...minimal, dataset: { name: 'scene', size: [64, 64] } },
  'an option of another part': { ...minimal, dataset: { name: 'scenes', root: './x' } },
  'an option of the wrong type': { ...minimal, backbone: { name: 'resnet34', dilated: 'yes' } },
  'an unknown engine': { ...minimal, engine: 'tensorflow' },
  'an unknown option of a task': { ...minimal, tasks: { depth: { los: 'l1' } } },
  'an unknown loss of a task': { ...minimal, tasks: { depth: { loss: 'l3' } } },
  'an unknown type of a task': { ...minimal, tasks: { near: { type: 'dept' } } },
  'a task’s name with a space': { ...minimal, tasks: { 'my depth': {} } },
  'a list for tasks': { ...minimal, tasks: ['depth'] },
  'a schedule that does not exist': { ...minimal, train: { schedule: { name: 'cosin' } } },
  'an edge of one task': { ...minimal, consistency: { edges: [['depth']] } },
  'a number in extends': { ...minimal, extends: [5] },
};

const configKinds = kinds.filter((kind) => kind !== 'exporter');

describe('configJsonSchema', () => {
  for (const [what, config] of Object.entries(right)) {
    it(`takes ${what}`, () => expect(fits(config)).to.be.true);
  }
  for (const [what, config] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => {
      expect(fits(config)).to.be.false;
      const { extends: parents, ...rest } = config;
      if (parents === undefined) expect(() => checkConfig(rest, registry)).to.throw();
    });
  }

  it('is plain JSON of draft 2020-12 with its own references alone', () => {
    expect(JSON.parse(JSON.stringify(schema))).to.deep.equal(schema);
    expect(schema).to.include({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g)].map(([, target]) => target);
    expect(new Set(references)).to.have.all.keys(configKinds.map((kind) => `#/$defs/${kind}`));
    expect(JSON.stringify(schema)).not.to.include('"oneOf"').and.not.to.include('"required"');
  });

  it('offers every part by name, with its description, and every preset', () => {
    const definitions = schema.$defs as Record<
      string,
      { anyOf: { enum?: string[]; description?: string; properties?: Record<string, { const?: string }> }[] }
    >;
    for (const kind of configKinds) {
      const key = kind === 'task' ? 'type' : 'name';
      const named = definitions[kind]!.anyOf.filter(({ properties }) => properties);
      expect(named.map(({ properties }) => properties![key]!.const)).to.deep.equal(registry.names(kind));
      expect(named.every(({ description }) => description === 'A part for tests.')).to.be.true;
      if (kind !== 'task') expect(definitions[kind]!.anyOf[0]!.enum).to.deep.equal(registry.names(kind));
    }
    expect(JSON.stringify((schema.properties as Fragment).extends)).to.include('"examples":["base","small"]');
    const train = (schema.properties as Record<string, { properties: Record<string, object> }>).train!;
    expect(train.properties.epochs).to.deep.include({ type: 'integer', minimum: 1, default: 100 });
    expect(train.properties.best).to.have.property('description').that.includes('TASK.METRIC');
  });

  it('takes in the parts of other plugins, of whatever shape', () => {
    const other = definePlugin({
      name: 'other',
      losses: {
        described: fakePart(z.strictObject({ inner: partSpec('loss').describe('What it is built on.') })),
        open: fakePart(z.looseObject({})),
        either: fakePart(z.union([z.strictObject({ a: z.number() }), z.strictObject({ b: z.number() })])),
        computed: fakePart(
          z.strictObject({ at: z.date().optional(), twice: z.number().transform((value) => 2 * value) }),
        ),
      },
    });
    const wider = configJsonSchema(fakeRegistry(other));
    const takes = (loss: unknown): boolean => matches(wider, { ...minimal, consistency: { loss } }, wider);
    expect(takes({ name: 'described', inner: { name: 'described', inner: 'xtc' } })).to.be.true;
    expect(takes({ name: 'described', inner: 'nothing' })).to.be.false;
    expect(takes({ name: 'open', any: [1] })).to.be.true;
    expect(takes({ name: 'either', b: 1 })).to.be.true;
    expect(takes({ name: 'computed', twice: 2 })).to.be.true;
    expect(takes({ name: 'computed', twice: 'x' })).to.be.false;
  });
});
