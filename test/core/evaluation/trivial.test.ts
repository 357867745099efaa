import { expect } from 'chai';
import {
  createPart,
  RunContainer,
  tokens,
  trivialBaselines,
  type LabelInfo,
  type Split,
  type Task,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { Registry } from '../../../core/index.js';
import { loaderOf } from '../data/samples.js';
import { numberTask, rows } from './fakes.js';

describe('trivial predictors', () => {
  it('learn from one split and are measured on the other, pixels without labels having no say', async () => {
    const tasks = [numberTask('depth')];
    const train = await loaderOf(rows('depth', [[1, 0], null, [3, 8]]), tasks);
    const val = rows('depth', [[2, 0], [6, 4], null]);
    const baselines = await trivialBaselines(train, {
      loader: await loaderOf(val, tasks),
      tasks,
      batchSize: 2,
    });
    // The mean is (1 + 3 + 8)/3 = 4; errors are 2², 2² and 0.
    expect(baselines).to.deep.equal({ depth: { predictor: 'mean', metrics: { squared: 8 / 3 } } });
  });

  it('are the most frequent class and the mean depth for the built-in tasks', async () => {
    const labels: Readonly<Record<string, LabelInfo>> = {
      segmentation: {
        kind: 'classes',
        names: ['a', 'b', 'c'],
        colors: [
          [0, 0, 0],
          [1, 1, 1],
          [2, 2, 2],
        ],
        void: 255,
      },
      depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] },
    };
    const both = (classes: readonly number[][], depths: readonly number[][]): Split => {
      const [first, second] = [rows('segmentation', classes), rows('depth', depths)];
      return {
        length: classes.length,
        sample: async (index) => {
          const [one, two] = [await first.sample(index), await second.sample(index)];
          return { ...one, labels: { ...one.labels, ...two.labels } };
        },
      };
    };
    // Class 1 is on 3 of 6 labelled pixels; the mean depth is 4 m.
    const train = both(
      [
        [1, 1, 255, 0],
        [2, 1, 0, 255],
      ],
      [
        [2, 0, 4, 0],
        [6, 4, 0, 4],
      ],
    );
    const val = both([[1, 0, 255, 1]], [[4, 5, 0, 2]]);
    const tasks = ['segmentation', 'depth'].map((name) => task(name, labels));
    const { segmentation, depth } = await trivialBaselines(await loaderOf(train, tasks), {
      loader: await loaderOf(val, tasks),
      tasks,
      batchSize: 1,
    });
    expect([segmentation!.predictor, depth!.predictor]).to.deep.equal(['majority class', 'mean depth']);
    expect(segmentation!.metrics.pixelAccuracy).to.be.closeTo(2 / 3, 1e-12);
    // IoU: class 0 0/1, class 1 2/3, class 2 never seen.
    expect(segmentation!.metrics.miou).to.be.closeTo(1 / 3, 1e-12);
    expect(depth!.metrics.absolute).to.be.closeTo((0 + 1 + 2) / 3, 1e-12);
    expect(depth!.metrics.relative).to.be.closeTo((0 + 1 / 5 + 2 / 2) / 3, 1e-12);
    expect(depth!.metrics.rmse).to.be.closeTo(Math.sqrt((0 + 1 + 4) / 3), 1e-12);
    // Within a factor of 1.25: 4 of 4 (1) and 4 of 5 (exactly 1.25, which is not below it), 4 of 2 (2).
    expect(depth!.metrics.delta1).to.be.closeTo(1 / 3, 1e-12);
  });

  function task(name: string, labels: Readonly<Record<string, LabelInfo>>): Task {
    const registry = new Registry([builtin]);
    const deps = new RunContainer()
      .provide(tokens.registry, registry)
      .provide(tokens.taskName, name)
      .provide(tokens.data, { size: { height: 1, width: 4 }, labels });
    return createPart(builtin.tasks![name]!, {}, deps);
  }
});
