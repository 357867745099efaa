import { expect } from 'chai';
import {
  BadSamples,
  MtlError,
  type BadSample,
  type Loader,
  type Sample,
  type Split,
} from '../../../core/index.js';
import { coordinateSample, labelTask, loaderOf } from './samples.js';

/** Samples 0–9, of which some cannot be read. */
function split(bad: readonly number[], error: (index: number) => Error = unreadable): Split {
  return {
    length: 10,
    sample: (index): Promise<Sample> =>
      bad.includes(index)
        ? Promise.reject(error(index))
        : Promise.resolve(coordinateSample(2, 2, `s${index}`)),
  };
}

function unreadable(index: number): MtlError {
  return new MtlError('SAMPLE_INVALID', `s${index}.png: expected a readable picture, found nothing`);
}

async function loader(
  of: Split,
  maxBadSamples: number,
  told: BadSample[] = [],
  onBadSample: 'stop' | 'skip' = 'skip',
): Promise<Loader> {
  const bad = new BadSamples('train', 10, { onBadSample, maxBadSamples }, (sample) => told.push(sample));
  return loaderOf(of, [labelTask('depth')], { bad });
}

async function ids(of: Loader, shuffle?: { seed: number; epoch: number }): Promise<string[][]> {
  const batches: string[][] = [];
  for await (const { ids: found } of of.batches({ batchSize: 2, shuffle })) batches.push([...found]);
  return batches;
}

describe('bad samples', () => {
  it('are left out of batches in the split’s own order, none being seen twice', async () => {
    const told: BadSample[] = [];
    const reading = await loader(split([1, 4, 5]), 0.3, told);
    expect(await ids(reading)).to.deep.equal([['s0'], ['s2', 's3'], ['s6', 's7'], ['s8', 's9']]);
    expect(told).to.deep.equal(
      [1, 4, 5].map((index) => ({ split: 'train', index, reason: unreadable(index).message })),
    );
    expect(reading.badSamples).to.equal(3);
  });

  it('have the next one of a shuffled epoch in their place, so that batches stay full', async () => {
    const shuffle = { seed: 3, epoch: 0 };
    const whole = (await ids(await loader(split([]), 0), shuffle)).flat();
    const found = await ids(await loader(split([2, 7]), 0.2), shuffle);
    const expected = whole.map((id, place) => {
      const after = [...whole.slice(place), ...whole.slice(0, place)];
      return after.find((candidate) => candidate !== 's2' && candidate !== 's7') ?? id;
    });
    expect(found.every((batch) => batch.length === 2)).to.equal(true);
    expect(found.flat()).to.deep.equal(expected);
  });

  it('are told once, epoch after epoch', async () => {
    const told: BadSample[] = [];
    const reading = await loader(split([2]), 0.1, told);
    await ids(reading, { seed: 0, epoch: 0 });
    await ids(reading, { seed: 0, epoch: 1 });
    expect(told.length).to.equal(1);
  });

  it('end the run where there are too many, or where none may be left out', async () => {
    const many = await ids(await loader(split([2, 3, 4]), 0.2)).catch((error: unknown) => error);
    expect(many).to.be.instanceOf(MtlError).with.property('code', 'DATA_INVALID');
    expect((many as Error).message).to.match(
      /the train split: expected at most 20 % .* found 3, the last one: s4/,
    );
    const one = await ids(await loader(split([2]), 1, [], 'stop')).catch((error: unknown) => error);
    expect(one).to.be.instanceOf(MtlError).with.property('message', unreadable(2).message);
    const all = await loader(split([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 1);
    expect(await ids(all)).to.deep.equal([]);
    expect(await ids(all, { seed: 0, epoch: 0 }).catch((error: unknown) => error)).to.have.property(
      'code',
      'DATA_INVALID',
    );
  });

  it('are not what a defect of the program is', async () => {
    const defect = new TypeError('x is not a function');
    const found = await ids(
      await loader(
        split([2], () => defect),
        1,
      ),
    ).catch((error: unknown) => error);
    expect(found).to.equal(defect);
  });

  it('are replaced from their own group alone', async () => {
    const groups = [
      { start: 0, length: 5 },
      { start: 5, length: 5 },
    ];
    const reading = await loader({ ...split([2, 7]), groups }, 0.2);
    for (let epoch = 0; epoch < 5; epoch++) {
      for (const batch of await ids(reading, { seed: 1, epoch })) {
        const first = batch.map((id) => Number(id.slice(1)) < 5);
        expect(new Set(first).size).to.equal(1);
      }
    }
  });
});
