import { expect } from 'chai';
import {
  evaluate,
  imageMean,
  imageStd,
  MtlError,
  type Metric,
  type Predictor,
  type Split,
  type Task,
} from '../../../core/index.js';
import { loaderOf } from '../data/samples.js';
import { numberTask, rows, SquaredError } from './fakes.js';

/** Predicts the number that an image is filled with. */
const readImage: Predictor = ({ image, size, shape: [, height, width] }) => {
  const of = (pixel: number): number => Math.round((image[3 * pixel]! * imageStd[0] + imageMean[0]) * 255);
  return Promise.resolve({
    depth: Float32Array.from({ length: size * height * width }, (_, pixel) => of(pixel)),
  });
};

const values = [[1, 2], [3, 0], null, [5, 1], [0, 0], [9, 7], [2, 2]];
// Image i predicts i for both pixels; 0 is no label.
const errors = [1, 4, 2 ** 2, 2 ** 2, 2 ** 2, 4 ** 2, 2 ** 2, 4 ** 2, 4 ** 2];

describe('evaluate', () => {
  const split = rows('depth', values);
  const tasks = [numberTask('depth')];
  const over = async (split: Split, tasks: readonly Task[]) => ({
    loader: await loaderOf(split, tasks),
    tasks,
  });

  it('is the mean over all labelled pixels, to the bit, whatever the batch size', async () => {
    const expected = { depth: { squared: errors.reduce((sum, error) => sum + error) / errors.length } };
    for (const batchSize of [1, 2, 3, 7, 100]) {
      expect(await evaluate(readImage, { ...(await over(split, tasks)), batchSize })).to.deep.equal(expected);
    }
  });

  it('refuses a split without any label, and leaves out a task without one', async () => {
    const none = await over(rows('depth', [null, [0, 0], null]), tasks);
    const error: unknown = await evaluate(readImage, { ...none, batchSize: 2 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({
      code: 'DATA_INVALID',
      message:
        'the split to measure on: expected labels of at least one task, found none in 3 samples; put samples with ' +
        'labels there; those without are for the training split',
    });
    const both = [...tasks, numberTask('height')];
    const predict: Predictor = async (batch) => {
      const { depth } = await readImage(batch);
      return { depth: depth!, height: depth! };
    };
    const found = await evaluate(predict, { ...(await over(split, both)), batchSize: 2 });
    expect(found.height).to.deep.equal({});
    expect(found.depth).to.have.all.keys('squared');
  });

  it('tells each batch, in the split’s own order', async () => {
    const told: number[][] = [];
    const ids: string[] = [];
    const predict: Predictor = (batch) => {
      ids.push(...batch.ids);
      return readImage(batch);
    };
    await evaluate(predict, {
      ...(await over(split, tasks)),
      batchSize: 3,
      onProgress: (done, of) => told.push([done, of]),
    });
    expect(told).to.deep.equal([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(ids).to.deep.equal(values.map((_, index) => String(index)));
  });

  it('lets timers and signals in between batches', async () => {
    let told = 0;
    let turns = 0;
    const running = { on: true };
    const turn = (): void => {
      turns += 1;
      if (running.on) setImmediate(turn);
    };
    setImmediate(turn);
    await evaluate(readImage, { ...(await over(split, tasks)), batchSize: 1, onProgress: () => told++ });
    running.on = false;
    expect(turns).to.be.at.least(told);
  });

  it('leaves out a metric that saw no labelled pixel, and keeps the others', async () => {
    class Counted extends SquaredError {
      override compute(): number {
        return 0;
      }
    }
    const tasks = [numberTask('depth', () => [new SquaredError(), new Counted('counted')])];
    const split = rows(
      'depth',
      [[0, 0], null, [0, 0]].map((row) => row ?? [0, 0]),
    );
    expect(await evaluate(readImage, { ...(await over(split, tasks)), batchSize: 2 })).to.deep.equal({
      depth: { counted: 0 },
    });
  });

  it('passes on what else a metric throws', async () => {
    const failing = (error: Error): Metric =>
      Object.assign(new SquaredError(), {
        compute: () => {
          throw error;
        },
      });
    for (const error of [new Error('broken'), new MtlError('RUN_INVALID', 'broken')]) {
      const tasks = [numberTask('depth', () => [failing(error)])];
      const found = await evaluate(readImage, { ...(await over(split, tasks)), batchSize: 2 }).catch(
        (thrown: unknown) => thrown,
      );
      expect(found).to.equal(error);
    }
  });
});
