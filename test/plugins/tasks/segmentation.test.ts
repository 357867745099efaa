import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { MtlError, type Json, type Target, type Task } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { readJson } from '../../oracles/values.js';
import { differentiate, expectCase, map, value } from '../losses/losses.js';
import { makeTask, raster, targetIn, trivialOf } from './tasks.js';

interface Oracle {
  readonly width: number;
  readonly labels: readonly { readonly ids: number[] }[];
  readonly classWeights: Readonly<Record<'medianFrequency' | 'inverseLog', readonly number[]>>;
}

const oracle = readJson('task-metrics.json') as Oracle;
const rules = ['medianFrequency', 'inverseLog'] as const;

function make(options: Readonly<Record<string, unknown>> = {}): Task {
  return makeTask('segmentation', options);
}

function observe(task: Task, maps: readonly (readonly number[])[], width?: number): Task {
  for (const ids of maps) {
    task.statistics!.observe(targetIn(task, { segmentation: raster(ids, width ? { width } : {}) }));
  }
  return task;
}

/** Which weights a task puts on its classes, up to a common factor: from the gradient of one pixel of each class. */
function weightsOf(task: Task): number[] {
  const { gradients } = differentiate(
    (scores) =>
      task.loss(scores, { value: tf.tensor4d([0, 1, 2, 3], [1, 1, 4, 1]), mask: tf.ones([1, 1, 4, 1]) }),
    () => [tf.zeros([1, 1, 4, 4])],
  );
  return [0, 1, 2, 3].map((id) => gradients[0]![5 * id]! / -0.75);
}

function relative(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function expectWeights(found: readonly number[], wanted: readonly number[]): void {
  relative(wanted).forEach((weight, id) => expect(found[id], `class ${id}`).to.be.closeTo(weight, 1e-6));
}

function labelled(): Target {
  return { value: tf.cast(map('classes.labels'), 'float32'), mask: map('classes.mask') };
}

describeOnEach('weights of classes', () => {
  it('given as a list: value and gradient are PyTorch’s', () => {
    const classWeights = [...value('classes.weights').data];
    const task = make({ classWeights });
    expectCase('weightedCrossEntropy', (scores) => task.loss(scores, labelled()), 'classes.prediction');
  });

  it('mean the same whatever their scale, however small', () => {
    for (const scale of [1e-4, 1, 1e4]) {
      const task = make({ classWeights: [...value('classes.weights').data].map((weight) => weight * scale) });
      expectCase('weightedCrossEntropy', (scores) => task.loss(scores, labelled()), 'classes.prediction');
    }
  });

  it('that are all the same change nothing', () => {
    const tasks = [make(), make({ classWeights: [0.3, 0.3, 0.3, 0.3] })];
    for (const task of tasks) {
      expectCase('unweightedCrossEntropy', (scores) => task.loss(scores, labelled()), 'classes.prediction');
    }
  });

  for (const rule of rules) {
    it(`${rule}: are what NumPy makes of the labels, 0 for a class that never occurs`, () => {
      const maps = oracle.labels.map(({ ids }) => ids);
      const task = observe(make({ classWeights: rule }), maps, oracle.width);
      expectWeights(weightsOf(task), oracle.classWeights[rule]);
      expect(weightsOf(task)[3]).to.equal(0);
    });

    it(`${rule}: the order of the images means nothing`, () => {
      const maps = oracle.labels.map(({ ids }) => ids);
      const expected = observe(make({ classWeights: rule }), maps).statistics!.values;
      fc.assert(
        fc.property(fc.shuffledSubarray(maps, { minLength: maps.length }), (shuffled) => {
          expect(observe(make({ classWeights: rule }), shuffled).statistics!.values).to.deep.equal(expected);
        }),
      );
    });

    it(`${rule}: change nothing where all classes are as frequent`, () => {
      const task = observe(make({ classWeights: rule }), [
        [0, 1, 2, 3, 255],
        [3, 2, 1, 0],
      ]);
      expectCase('unweightedCrossEntropy', (scores) => task.loss(scores, labelled()), 'classes.prediction');
    });

    it(`${rule}: survive a checkpoint`, () => {
      const task = observe(make({ classWeights: rule }), [
        [0, 0, 0, 1],
        [2, 2, 1, 3],
      ]);
      const saved = JSON.parse(JSON.stringify(task.statistics!.values)) as Record<string, Json>;
      const other = make({ classWeights: rule });
      other.statistics!.restore(saved);
      expect(weightsOf(other)).to.deep.equal(weightsOf(task));
      expect(() => other.statistics!.restore({ pixels: [1, 2], around: [1, 2] }))
        .to.throw(MtlError, 'tasks.segmentation.classWeights, pixels of the classes: expected 4 numbers')
        .with.property('code', 'CHECKPOINT_INVALID');
      expect(weightsOf(other)).to.deep.equal(weightsOf(task));
    });

    it(`${rule}: refuse to be made of nothing`, () => {
      expect(() => weightsOf(make({ classWeights: rule })))
        .to.throw(MtlError, 'classWeights: expected labelled pixels in the training split')
        .with.property('code', 'DATA_INVALID');
    });
  }

  it('by hand: class 0 on 6 of 8 pixels of two images, class 1 on 2 of 4 of one', () => {
    const maps = [
      [0, 0, 0, 0],
      [0, 0, 1, 1],
    ];
    // Frequencies 6/8 and 2/4, median 5/8.
    expectWeights(weightsOf(observe(make({ classWeights: 'medianFrequency' }), maps)), [5 / 6, 5 / 4, 0, 0]);
    const log = [0.75, 0.25].map((share) => 1 / Math.log(1.02 + share));
    expectWeights(weightsOf(observe(make({ classWeights: 'inverseLog' }), maps)), [...log, 0, 0]);
  });

  it('leave a batch of weight 0 without loss', () => {
    const task = make({ classWeights: [1, 1, 1, 0] });
    const { value: loss, gradients } = differentiate(
      (scores) => task.loss(scores, { value: tf.fill([1, 1, 2, 1], 3), mask: tf.ones([1, 1, 2, 1]) }),
      () => [tf.zeros([1, 1, 2, 4])],
    );
    expect(loss).to.equal(0);
    expect(gradients[0]!.every((slope) => slope === 0)).to.equal(true);
  });
});

describe('the options of segmentation', () => {
  it('classWeights: a task without them observes nothing; a list has one for each class', () => {
    expect(make().statistics).to.equal(undefined);
    expect(make({ classWeights: [1, 2, 3, 4] }).statistics).to.equal(undefined);
    expect(() => make({ classWeights: [1, 2, 3] }))
      .to.throw(
        MtlError,
        'tasks.segmentation.classWeights: expected a weight for each of the 4 classes, found [1,2,3]',
      )
      .with.property('code', 'CONFIG_INVALID');
  });

  it('ignore: classes by name or id have no say in masks, statistics and the majority', () => {
    const task = make({ ignore: ['b', 3], classWeights: 'medianFrequency' });
    const target = targetIn(task, { segmentation: raster([0, 1, 1, 1, 3, 3, 3, 2, 2, 255]) });
    expect([...target.mask]).to.deep.equal([1, 0, 0, 0, 0, 0, 0, 1, 1, 0]);
    expect(trivialOf(task, [target])).to.deep.equal(['majority class', 2]);
    task.statistics!.observe(target);
    expect(task.statistics!.values).to.deep.equal({ pixels: [1, 0, 2, 0], around: [3, 0, 3, 0] });
  });

  it('ignore: is as if the pixels were not there', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 20 }), (ids) => {
        const of = (task: Task, kept: readonly number[]): unknown => {
          const target = targetIn(task, { segmentation: raster(kept) });
          const [miou] = task.metrics();
          miou!.update(raster(kept.map(() => 1)), target.value, target.mask);
          return miou!.compute();
        };
        fc.pre(ids.some((id) => id !== 2));
        const without = ids.filter((id) => id !== 2);
        expect(of(make({ ignore: ['c'] }), ids)).to.equal(of(make(), without));
      }),
    );
  });

  it('ignore: refuses what is no class', () => {
    for (const entry of ['e', 4]) {
      expect(() => make({ ignore: ['a', entry] }))
        .to.throw(
          MtlError,
          'tasks.segmentation.ignore[1]: expected one of the classes a, b, c, d, or an id from 0 to 3',
        )
        .with.property('code', 'CONFIG_INVALID');
    }
  });
});
