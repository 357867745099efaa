import { expect } from 'chai';
import fc from 'fast-check';
import type { HostBatch } from '../../../core/index.js';
import { partOf } from '../../../core/world/current.js';
import { labelTask, loaderOf, WatchedSplit } from './samples.js';

const tasks = [labelTask('depth')];

/** Every batch of an epoch as one of several ranks sees it. */
async function seenBy(rank: number, size: number, samples: number, shuffled = true): Promise<HostBatch[]> {
  const loader = await loaderOf(new WatchedSplit(samples), tasks, {});
  const shuffle = shuffled ? { shuffle: { seed: 3, epoch: 1 } } : {};
  const batches: HostBatch[] = [];
  for await (const batch of loader.batches({ batchSize: 5, ...shuffle, share: { rank, size } }))
    batches.push(batch);
  return batches;
}

const own = ({ ids, part }: HostBatch): readonly string[] => (part!.count === 0 ? [] : ids);

describe('a rank’s share of the batches', () => {
  it('is without overlap or loss, in the order of the whole, and even', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9 }), (of, size) => {
        const parts = Array.from({ length: size }, (_, rank) => partOf(of, { rank, size }));
        let next = 0;
        for (const part of parts) {
          expect(part.first).to.equal(next);
          next += part.count;
        }
        expect(next).to.equal(of);
        const counts = parts.map(({ count }) => count);
        expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
      }),
    );
  });

  for (const size of [2, 3, 4, 7]) {
    it(`of ${size} ranks gives in every step what one rank would see`, async () => {
      const whole = (await seenBy(0, 1, 12)).map(({ ids }) => ids);
      const ranks = await Promise.all(Array.from({ length: size }, (_, rank) => seenBy(rank, size, 12)));
      for (const batches of ranks) expect(batches).to.have.length(whole.length);
      expect(whole.map((_, step) => ranks.flatMap((batches) => own(batches[step]!)))).to.deep.equal(whole);
    });
  }

  it('has one sample that does not count where a batch has fewer than there are ranks', async () => {
    const last = await Promise.all([0, 1, 2].map(async (rank) => (await seenBy(rank, 3, 12)).at(-1)!));
    expect(last.map(({ part }) => part!.count)).to.deep.equal([0, 1, 1]);
    expect(last.map(({ size }) => size)).to.deep.equal([1, 1, 1]);
  });

  it('is nothing then where the split is only looked at', async () => {
    const seen = await Promise.all([0, 1, 2].map((rank) => seenBy(rank, 3, 12, false)));
    const ids = seen.flat().flatMap((batch) => batch.ids);
    expect(ids.toSorted()).to.deep.equal(Array.from({ length: 12 }, (_, index) => `s${index}`).toSorted());
  });
});
