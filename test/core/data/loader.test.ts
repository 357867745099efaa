import { expect } from 'chai';
import fc from 'fast-check';
import { type BatchesOptions, type HostBatch, type Split } from '../../../core/index.js';
import { coordinateSample, labelTask, loaderOf, WatchedSplit } from './samples.js';

const tasks = [labelTask('depth'), labelTask('normals', 3)];

interface Wanted extends Partial<Omit<BatchesOptions, 'shuffle'>> {
  readonly split: WatchedSplit;
  readonly seed?: number;
  readonly epoch?: number;
  readonly shuffle?: boolean;
  readonly prefetch?: number;
}

function options(split: WatchedSplit, changes: Omit<Wanted, 'split'> = {}): Wanted {
  return { split, ...changes };
}

async function* batches(wanted: Wanted): AsyncGenerator<HostBatch> {
  const { split, seed = 5, epoch = 0, shuffle = true, prefetch, ...rest } = wanted;
  const loader = await loaderOf(split, tasks, { prefetch });
  yield* loader.batches({ batchSize: 2, ...(shuffle ? { shuffle: { seed, epoch } } : {}), ...rest });
}

async function all(wanted: Wanted): Promise<HostBatch[]> {
  const given: HostBatch[] = [];
  for await (const batch of batches(wanted)) given.push(batch);
  return given;
}

async function ids(wanted: Wanted): Promise<string[]> {
  return (await all(wanted)).flatMap((batch) => batch.ids);
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('batches', () => {
  it('gives every sample once an epoch, in the split’s order unless shuffled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 4 }),
        fc.nat(),
        async (length, batchSize, prefetch, seed) => {
          const inOrder = Array.from({ length }, (_, index) => `s${index}`);
          const split = new WatchedSplit(length);
          const changes = { batchSize, prefetch, seed };
          const shuffled = await ids(options(split, changes));
          expect([...shuffled].sort()).to.deep.equal([...inOrder].sort());
          expect(await ids(options(split, { ...changes, shuffle: false }))).to.deep.equal(inOrder);
          const sizes = (await all(options(split, changes))).map(({ size }) => size);
          expect(sizes.slice(0, -1).every((size) => size === batchSize)).to.equal(true);
          expect(sizes.length).to.equal(Math.ceil(length / batchSize));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('orders each epoch and seed differently, and the same one alike', async () => {
    const split = new WatchedSplit(20);
    const first = await ids(options(split));
    expect(await ids(options(split))).to.deep.equal(first);
    expect(await ids(options(split, { epoch: 1 }))).to.not.deep.equal(first);
    expect(await ids(options(split, { seed: 6 }))).to.not.deep.equal(first);
  });

  it('gives the same batches whatever the prefetch, the timing and the place of a resume', async () => {
    const augment = {};
    const whole = await all(options(new WatchedSplit(11), { augment }));
    for (const [startBatch, prefetch] of [
      [0, 0],
      [1, 5],
      [3, 1],
      [5, 2],
      [6, 2],
    ] as const) {
      const split = new WatchedSplit(11, { delay: (index) => (index * 7) % 5 });
      const rest = await all(options(split, { augment, startBatch, prefetch }));
      expect(rest).to.deep.equal(whole.slice(startBatch));
      expect(split.started.length).to.equal(Math.max(0, 11 - 2 * startBatch));
    }
  });

  it('varies a sample from epoch to epoch, not with its place in the order', async () => {
    const augment = { flip: 0, scales: [1.2, 1.5] };
    const one = async (changes: Omit<Wanted, 'split'>): Promise<Map<string, number[]>> => {
      const found = await all(options(new WatchedSplit(6), { augment, batchSize: 1, ...changes }));
      return new Map(found.map(({ ids, targets }) => [ids[0]!, [...targets.depth!.value]]));
    };
    const shuffled = await one({});
    // Another batch size: another place for each.
    const elsewhere = await all(options(new WatchedSplit(6), { augment, batchSize: 3 }));
    for (const { ids, targets } of elsewhere) {
      for (const [place, id] of ids.entries()) {
        expect([...targets.depth!.value.subarray(place * 63, (place + 1) * 63)]).to.deep.equal(
          shuffled.get(id),
        );
      }
    }
    expect(await one({ epoch: 1 })).to.not.deep.equal(shuffled);
    // All samples carry the same labels, so that only the variation tells them apart.
    expect(new Set([...shuffled.values()].map(String)).size).to.be.above(2);
  });

  it('leaves the samples as they are without augment', async () => {
    const [batch] = await all(options(new WatchedSplit(1)));
    expect([...batch!.targets.depth!.value]).to.deep.equal(Array.from({ length: 63 }, (_, at) => at + 1));
  });

  it('leaves a lone last sample out where told so', async () => {
    const found = await all(options(new WatchedSplit(5), { dropLone: true }));
    expect(found.map(({ size }) => size)).to.deep.equal([2, 2]);
    expect(await all(options(new WatchedSplit(1), { dropLone: true }))).to.deep.equal([]);
    const pair = await all(options(new WatchedSplit(5), { dropLone: true, batchSize: 3 }));
    expect(pair.map(({ size }) => size)).to.deep.equal([3, 2]);
  });

  it('loads no more than `prefetch` batches ahead', async () => {
    for (const prefetch of [0, 1, 3]) {
      const split = new WatchedSplit(20);
      let given = 0;
      for await (const batch of batches(options(split, { prefetch }))) {
        given += batch.size;
        await wait(5);
        expect(split.started.length).to.equal(Math.min(20, given + 2 * prefetch));
      }
      // Four at once are as many as there are threads to decode them.
      expect(split.mostReading).to.equal(Math.min(4, 2 * Math.max(1, prefetch)));
    }
  });

  it('throws at the batch that is broken, and then reads no more', async () => {
    const split = new WatchedSplit(20, { fails: 7 });
    const given: number[] = [];
    let caught: unknown;
    try {
      for await (const batch of batches(options(split, { shuffle: false, prefetch: 3 }))) {
        await wait(5);
        given.push(batch.size);
      }
    } catch (error) {
      caught = error;
    }
    expect(caught).to.be.an('error').with.property('message', 'sample 7 is broken');
    expect(given).to.deep.equal([2, 2, 2]);
    // Batch 3 failed while batch 0 was worked on, when 1 to 3 were loading.
    expect(split.started.length).to.equal(8);
    expect(split.reading).to.equal(0);
  });

  it('throws only when the other samples of the broken batch are not being read any more', async () => {
    const split = new WatchedSplit(4, { fails: 0, delay: (index) => index * 10 });
    const error: unknown = await all(options(split, { shuffle: false, prefetch: 1 })).catch(
      (e: unknown) => e,
    );
    expect(error).to.have.property('message', 'sample 0 is broken');
    expect(split.reading).to.equal(0);
    expect(split.started).to.deep.equal([0, 1]);
  });

  it('stops loading when the loop is left, and leaves no rejection behind', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const split = new WatchedSplit(20, { fails: 3, delay: () => 3 });
      for await (const batch of batches(options(split, { shuffle: false, prefetch: 2 }))) {
        expect(batch.ids).to.deep.equal(['s0', 's1']);
        break;
      }
      expect(split.reading).to.equal(0);
      const started = split.started.length;
      await wait(20);
      expect(split.started.length).to.equal(started);
      expect(started).to.be.at.most(6);
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).to.deep.equal([]);
  });

  it('goes through several epochs as through each by itself, from any batch of the first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          batchSize: fc.integer({ min: 1, max: 4 }),
          prefetch: fc.integer({ min: 0, max: 5 }),
          epoch: fc.nat({ max: 3 }),
          shuffle: fc.boolean(),
          dropLone: fc.boolean(),
        }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat({ max: 3 }),
        fc.nat(),
        async (common, length, epochs, place) => {
          const split = () => new WatchedSplit(length, { delay: (index) => (index * 3) % 4 });
          const changes = { ...common, augment: common.shuffle ? {} : undefined };
          const one = async (epoch: number) => all(options(split(), { ...changes, epoch }));
          const each = await Promise.all(
            Array.from({ length: epochs }, (_, passed) => one(common.epoch + passed)),
          );
          const startBatch = epochs === 0 ? 0 : place % (each[0]!.length + 1);
          const together = await all(options(split(), { ...changes, epochs, startBatch }));
          expect(together).to.deep.equal(each.flat().slice(startBatch));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('loads ahead into the next epoch, but no further than `prefetch` and not beyond the last one', async () => {
    for (const prefetch of [0, 1, 3, 20]) {
      const split = new WatchedSplit(6);
      let given = 0;
      for await (const batch of batches(options(split, { prefetch, epochs: 3 }))) {
        given += batch.size;
        do await wait(1);
        while (split.reading > 0);
        expect(split.started.length).to.equal(Math.min(18, given + 2 * prefetch));
      }
      expect(given).to.equal(18);
    }
  });

  it('throws an error of the next epoch only when its turn comes', async () => {
    let readings = 0;
    const split: Split = {
      length: 4,
      sample: (index) =>
        ++readings > 4
          ? Promise.reject(new Error(`sample ${index} is gone`))
          : Promise.resolve(coordinateSample(7, 9, `s${index}`)),
    };
    const loader = await loaderOf(split, tasks, { prefetch: 4 });
    const given: number[] = [];
    let caught: unknown;
    try {
      for await (const { size } of loader.batches({ batchSize: 2, epochs: 2 })) {
        await wait(5);
        given.push(size);
      }
    } catch (error) {
      caught = error;
    }
    expect(caught)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/is gone$/);
    expect(given).to.deep.equal([2, 2]);
  });

  it('stops between two epochs: nothing is loading once the loop is left, nor awaited once it is aborted', async () => {
    const left = new WatchedSplit(4, { delay: () => 5 });
    let given = 0;
    for await (const { size } of batches(options(left, { prefetch: 4, epochs: 9 })))
      if ((given += size) === 4) break;
    expect(left.reading).to.equal(0);
    const { length } = left.started;
    await wait(20);
    expect(left.started)
      .to.have.length(length)
      .and.length.at.most(4 + 8);

    let readings = 0;
    const silent: Split = {
      length: 4,
      // Those of the second epoch never come.
      sample: (index) =>
        ++readings > 4 ? new Promise(() => undefined) : Promise.resolve(coordinateSample(7, 9, `s${index}`)),
    };
    const loader = await loaderOf(silent, tasks);
    const stop = new AbortController();
    given = 0;
    let caught: unknown;
    try {
      for await (const { size } of loader.batches({ batchSize: 2, epochs: 9, signal: stop.signal }))
        if ((given += size) === 4) setImmediate(() => stop.abort());
    } catch (error) {
      caught = error;
    }
    expect(caught).to.have.property('code', 'INTERRUPTED');
    expect(given).to.equal(4);
  });

  it('refuses to resume beyond the epoch', async () => {
    let caught: unknown;
    await all(options(new WatchedSplit(5), { startBatch: 4 })).catch((error: unknown) => (caught = error));
    expect(caught).to.have.property('code', 'RUN_INVALID');
    expect(caught).to.have.property('message').that.includes('at most 3').and.includes('found 4');
  });
});
