import { expect } from 'chai';
import fc from 'fast-check';
import { merge, type Fragment } from '../../../core/config/merge.js';

/** Anything that JSON can hold, with keys that meet often. */
const value = fc.letrec<{ value: unknown; fragment: Fragment }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, 1, 'l1', 'mse', [1, 2], []),
    tie('fragment') as fc.Arbitrary<unknown>,
  ),
  fragment: fc.dictionary(fc.constantFrom('name', 'a', 'b', 'c', '__proto__', 'constructor'), tie('value'), {
    noNullPrototype: true,
  }),
}));

/** Groups of keys where every key holds a group or a value, the same in every config, as in real ones. */
const typed = fc.record(
  {
    train: fc.record(
      {
        epochs: fc.nat(9),
        sizes: fc.array(fc.nat(9)),
        group: fc.record({ x: fc.nat(9), y: fc.boolean() }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
    optimizer: fc.oneof(
      fc.constant('adam'),
      fc.record(
        { name: fc.constant('adam'), lr: fc.nat(9), betas: fc.array(fc.nat(9)) },
        { requiredKeys: [] },
      ),
    ),
    best: fc.constantFrom(null, 'depth.rmse', 'segmentation.miou'),
  },
  { requiredKeys: [] },
);

describe('merge', () => {
  const table: readonly (readonly [rule: string, base: Fragment, over: Fragment, merged: Fragment])[] = [
    ['adds keys', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['replaces values', { a: 1 }, { a: 'x' }, { a: 'x' }],
    [
      'merges groups at every depth',
      { t: { a: { x: 1, y: 2 }, b: 1 } },
      { t: { a: { y: 3 } } },
      { t: { a: { x: 1, y: 3 }, b: 1 } },
    ],
    ['replaces lists whole', { a: [1, 2, 3] }, { a: [4] }, { a: [4] }],
    ['replaces a group by null', { a: { x: 1 } }, { a: null }, { a: null }],
    ['replaces null by a group', { a: null }, { a: { x: 1 } }, { a: { x: 1 } }],
    ['replaces a group by a number', { a: { x: 1 } }, { a: 0.5 }, { a: 0.5 }],
    ['replaces a list by a group', { a: [1] }, { a: { x: 1 } }, { a: { x: 1 } }],
    [
      'passes over undefined',
      { a: 1, b: { c: 2 } },
      { a: undefined, b: { c: undefined } },
      { a: 1, b: { c: 2 } },
    ],
    [
      'merges parts of the same name',
      { o: { name: 'adam', lr: 1, betas: [1] } },
      { o: { name: 'adam', lr: 2 } },
      { o: { name: 'adam', lr: 2, betas: [1] } },
    ],
    [
      'replaces a part by one of another name',
      { o: { name: 'adam', betas: [1] } },
      { o: { name: 'sgd' } },
      { o: { name: 'sgd' } },
    ],
    [
      'replaces a part by another name alone',
      { o: { name: 'adam', betas: [1] } },
      { o: 'sgd' },
      { o: 'sgd' },
    ],
    [
      'keeps options where the name alone is said again',
      { o: { name: 'adam', lr: 1 } },
      { o: 'adam' },
      { o: { name: 'adam', lr: 1 } },
    ],
    ['adds options to a name alone', { o: 'adam' }, { o: { lr: 1 } }, { o: { name: 'adam', lr: 1 } }],
    [
      'adds options of the same part to a name alone',
      { o: 'adam' },
      { o: { name: 'adam', lr: 1 } },
      { o: { name: 'adam', lr: 1 } },
    ],
    [
      'replaces a name alone by another part',
      { o: 'adam' },
      { o: { name: 'sgd', lr: 1 } },
      { o: { name: 'sgd', lr: 1 } },
    ],
    [
      'changes options without naming the part',
      { o: { name: 'adam', lr: 1 } },
      { o: { lr: 2 } },
      { o: { name: 'adam', lr: 2 } },
    ],
    [
      'gives options a name, as a group',
      { o: { lr: 1 } },
      { o: { name: 'adam' } },
      { o: { name: 'adam', lr: 1 } },
    ],
    ['gives options a name, as a text', { o: { lr: 1 } }, { o: 'adam' }, { o: { name: 'adam', lr: 1 } }],
    ['replaces a text by a text', { o: 'adam' }, { o: 'sgd' }, { o: 'sgd' }],
    [
      'merges nested parts by their own names',
      { d: { name: 'a', loss: { name: 'l1', x: 1 } } },
      { d: { loss: { name: 'l2' } } },
      { d: { name: 'a', loss: { name: 'l2' } } },
    ],
  ];
  for (const [rule, base, over, merged] of table) {
    it(rule, () => expect(merge(base, over)).to.deep.equal(merged));
  }

  it('changes neither side', () => {
    fc.assert(
      fc.property(value.fragment, value.fragment, (base, over) => {
        const before = JSON.stringify([base, over]);
        merge(base, over);
        expect(JSON.stringify([base, over])).to.equal(before);
      }),
    );
  });

  it('changes nothing with an empty config on either side, or with itself', () => {
    fc.assert(
      fc.property(value.fragment, (fragment) => {
        expect(merge(fragment, {})).to.deep.equal(fragment);
        expect(merge({}, fragment)).to.deep.equal(fragment);
        expect(merge(fragment, fragment)).to.deep.equal(fragment);
      }),
    );
  });

  it('lays the upper one on top: said twice is said once', () => {
    fc.assert(
      fc.property(value.fragment, value.fragment, (base, over) => {
        const merged = merge(base, over);
        expect(merge(merged, over)).to.deep.equal(merged);
      }),
    );
  });

  it('gives the same whichever two of three configs are merged first', () => {
    fc.assert(
      fc.property(typed, typed, typed, (bottom, middle, top) => {
        expect(merge(merge(bottom, middle), top)).to.deep.equal(merge(bottom, merge(middle, top)));
      }),
    );
  });

  it('keeps keys with a meaning for JavaScript as plain keys', () => {
    const evil = JSON.parse(
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
    ) as Fragment;
    const merged = merge({ a: { b: 1 } }, { ...evil, a: evil });
    expect(Object.keys(merged)).to.have.members(['a', '__proto__', 'constructor']);
    expect(Object.getPrototypeOf(merged)).to.equal(Object.prototype);
    expect(merged).not.to.have.property('polluted');
    expect({}).not.to.have.property('polluted');
    expect(Object.getPrototypeOf(merged.a)).to.equal(Object.prototype);
  });
});
