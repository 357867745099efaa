import { expect } from 'chai';
import { Loader, Reader } from '../../../core/index.js';
import { timeless } from '../run/tiny.js';
import { prepareTrainer, runTrainer } from './tiny-trainer.js';

describe('the trainer', () => {
  it('loads the next epoch’s first batches before the validation, and none after the last epoch', async () => {
    const loads: { readonly epoch: number; done: boolean }[] = [];
    const loaded: string[] = [];
    const { trainer, dispose } = await prepareTrainer(
      ['dataset.train=4', 'train.batchSize=2', 'train.epochs=3'],
      {
        train: async ({ dataset, tasks }) => {
          const source = await new Reader({ dataset, tasks, memory: 0 }).source('train');
          return new Loader({
            length: source.length,
            load: async (index, variation) => {
              const one = { epoch: variation!.epoch, done: false };
              loads.push(one);
              const example = await source.load(index, variation);
              one.done = true;
              return example;
            },
          });
        },
        onEvent: (event) => {
          if (event.type !== 'epoch') return;
          const of = (epoch: number) => loads.filter((load) => load.epoch === epoch).length;
          loaded.push([of(0), of(1), of(2)].join());
        },
      },
    );
    expect(await trainer.run()).to.equal('finished');
    dispose();
    expect(loaded).to.deep.equal(['4,4,0', '4,4,4', '4,4,4']);
    expect(loads).to.have.length(12);
    expect(loads.every(({ done }) => done)).to.equal(true);
  });

  it('comes to the same numbers however far ahead it loads', async () => {
    const numbers = async (prefetch: number) =>
      (await runTrainer(['dataset.train=6', 'train.epochs=3', `loader.prefetch=${prefetch}`])).events.map(
        timeless,
      );
    const expected = await numbers(1);
    expect(await numbers(3)).to.deep.equal(expected);
    expect(await numbers(7)).to.deep.equal(expected);
  });
});
