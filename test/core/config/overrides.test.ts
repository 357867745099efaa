import { expect } from 'chai';
import fc from 'fast-check';
import { parseOverrides } from '../../../core/config/overrides.js';
import { failureOf } from '../fakes.js';

describe('parseOverrides', () => {
  const table: readonly (readonly [flags: readonly string[], config: object])[] = [
    [[], {}],
    [['train.epochs=3'], { train: { epochs: 3 } }],
    [['engine=wasm'], { engine: 'wasm' }],
    [['train.optimizer.lr=1e-4'], { train: { optimizer: { lr: 1e-4 } } }],
    [['train.augment=false'], { train: { augment: false } }],
    [['consistency=null'], { consistency: null }],
    [['dataset.size=[64, 128]'], { dataset: { size: [64, 128] } }],
    [['weighter={"name":"equal"}'], { weighter: { name: 'equal' } }],
    [['dataset.root=./data/my set'], { dataset: { root: './data/my set' } }],
    [['dataset.root="12"'], { dataset: { root: '12' } }],
    [['dataset.root=a=b=c'], { dataset: { root: 'a=b=c' } }],
    [['dataset.root='], { dataset: { root: '' } }],
    [['dataset.root=two\nlines'], { dataset: { root: 'two\nlines' } }],
    [['dataset.size=[64,'], { dataset: { size: '[64,' } }],
    [['a.b=1', 'a.c=2', 'd=3'], { a: { b: 1, c: 2 }, d: 3 }],
    [['a.b=1', 'a.b=2'], { a: { b: 2 } }],
    [['backbone=resnet18', 'backbone.weights=w'], { backbone: { name: 'resnet18', weights: 'w' } }],
    [['backbone.weights=w', 'backbone=resnet18'], { backbone: { weights: 'w', name: 'resnet18' } }],
    [['backbone.weights=w', 'backbone.name=resnet18'], { backbone: { weights: 'w', name: 'resnet18' } }],
  ];
  for (const [flags, config] of table) {
    it(JSON.stringify(flags), () => expect(parseOverrides(flags)).to.deep.equal(config));
  }

  for (const flag of ['train.epochs', '', '=3', 'train..epochs=3', '.epochs=3', 'train.=3']) {
    it(`refuses ${JSON.stringify(flag)}`, async () => {
      const error = await failureOf(() => parseOverrides([flag]));
      expect(error.code).to.equal('CONFIG_INVALID');
      expect(error.message).to.equal(
        `--set: expected key.path=value, e.g. train.epochs=3, found ${JSON.stringify(flag)}`,
      );
    });
  }

  it('reads back every value that JSON can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseOverrides([`a.b=${text}`])).to.deep.equal({ a: { b: JSON.parse(text) as unknown } });
      }),
    );
  });

  it('cannot reach what every object inherits', () => {
    for (const path of [
      '__proto__.polluted',
      'constructor.prototype.polluted',
      'a.__proto__.polluted',
      'toString.polluted',
    ]) {
      const config = parseOverrides(['a.b=1', `${path}=1`]);
      expect({}).not.to.have.property('polluted');
      expect(config).not.to.have.property('polluted');
      expect(config.a).not.to.have.property('polluted');
    }
    parseOverrides(['a={"__proto__": {"polluted": 1}}', 'a.b=1']);
    expect({}).not.to.have.property('polluted');
  });
});
