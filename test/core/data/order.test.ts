import { expect } from 'chai';
import fc from 'fast-check';
import { batchCount, epochOrder, type OrderOptions } from '../../../core/data/order.js';

const split: fc.Arbitrary<OrderOptions & { readonly groups: { start: number; length: number }[] }> = fc
  .record({
    lengths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    batchSize: fc.integer({ min: 1, max: 5 }),
    dropLone: fc.boolean(),
  })
  .map(({ lengths, ...rest }) => {
    let start = 0;
    const groups = lengths.map((length) => ({ start: (start += length) - length, length }));
    return { ...rest, groups, length: start };
  });

describe('the order of an epoch', () => {
  it('takes every sample once, and groups apart', () => {
    fc.assert(
      fc.property(split, fc.nat(), (options, seed) => {
        for (const shuffled of [undefined, { seed, epoch: 1 }]) {
          const order = epochOrder(options, shuffled);
          expect(order.length).to.equal(batchCount(options));
          const seen = order.flatMap((batch) => [...batch]);
          expect(new Set(seen).size).to.equal(seen.length);
          const lone = options.groups.filter(
            ({ length }) => options.dropLone && options.batchSize > 1 && length % options.batchSize === 1,
          );
          expect(seen.length).to.equal(options.length - lone.length);
          for (const batch of order) {
            const group = options.groups.find(
              ({ start, length }) => batch[0]! >= start && batch[0]! < start + length,
            )!;
            expect(
              batch.every((index) => index >= group.start && index < group.start + group.length),
            ).to.equal(true);
            expect(batch.length).to.be.within(1, options.batchSize);
          }
        }
      }),
    );
  });

  it('is the split’s own unless shuffled, and the same for the same seed and epoch', () => {
    const options = { length: 20, batchSize: 3 };
    const flat = (shuffled?: { seed: number; epoch: number }): number[] =>
      epochOrder(options, shuffled).flatMap((batch) => [...batch]);
    expect(flat()).to.deep.equal(Array.from({ length: 20 }, (_, index) => index));
    expect(flat({ seed: 1, epoch: 2 })).to.deep.equal(flat({ seed: 1, epoch: 2 }));
    expect(flat({ seed: 1, epoch: 2 })).to.not.deep.equal(flat({ seed: 1, epoch: 3 }));
    expect(flat({ seed: 1, epoch: 2 })).to.not.deep.equal(flat({ seed: 2, epoch: 2 }));
  });

  it('mixes the batches of all groups', () => {
    const groups = [
      { start: 0, length: 40 },
      { start: 40, length: 40 },
    ];
    const order = epochOrder({ length: 80, groups, batchSize: 2 }, { seed: 0, epoch: 0 });
    const changes = order.filter((batch, at) => at > 0 && batch[0]! < 40 !== order[at - 1]![0]! < 40);
    expect(changes.length).to.be.above(10);
  });
});
