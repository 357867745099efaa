import { expect } from 'chai';
import type { Metric, MetricValues, Task } from '../../../core/index.js';
import { comparison } from '../../../core/training/best.js';

function task(name: string, metrics: Readonly<Record<string, 'higher' | 'lower'>>): Task {
  return {
    name,
    metrics: () =>
      Object.entries(metrics).map(
        ([metric, better]) => ({ name: metric, higherIsBetter: better === 'higher' }) as Metric,
      ),
  } as unknown as Task;
}

const tasks = [
  task('segmentation', { miou: 'higher', 'miou.perImage': 'higher' }),
  task('depth', { absolute: 'lower', delta1: 'higher' }),
];

function values(miou: number, absolute: number, more: MetricValues = {}): MetricValues {
  return { segmentation: { miou }, depth: { absolute }, ...more };
}

describe('the comparison of two models', () => {
  it('is by the named metric alone, in its own direction', () => {
    const byMiou = comparison('segmentation.miou', tasks);
    expect(byMiou(values(0.5, 9), values(0.4, 1), 0)).to.equal(true);
    expect(byMiou(values(0.4, 1), values(0.4, 9), 0)).to.equal(false);
    const byError = comparison('depth.absolute', tasks);
    expect(byError(values(0.1, 0.9), values(0.9, 1), 0)).to.equal(true);
    expect(byError(values(0.9, 1.1), values(0.1, 1), 0)).to.equal(false);
    const perImage = (value: number): MetricValues => ({ segmentation: { 'miou.perImage': value } });
    expect(comparison('segmentation.miou.perImage', tasks)(perImage(0.2), perImage(0.1), 0)).to.equal(true);
  });

  it('asks for more than minDelta, in the metric’s unit', () => {
    const isBetter = comparison('depth.absolute', tasks);
    expect(isBetter(values(0, 0.75), values(0, 1), 0.25)).to.equal(false);
    expect(isBetter(values(0, 0.74), values(0, 1), 0.25)).to.equal(true);
  });

  it('is by Δm over every task’s first metric without a name, the other model being the baseline', () => {
    const isBetter = comparison(null, tasks);
    // +10 % and −5 %
    expect(isBetter(values(0.44, 1.05), values(0.4, 1), 0)).to.equal(true);
    // +5 % and −10 %
    expect(isBetter(values(0.42, 1.1), values(0.4, 1), 0)).to.equal(false);
    expect(isBetter(values(0.4, 1), values(0.4, 1), 0)).to.equal(false);
    // 2.5 % is more than 2.4 %, not than 2.6 %.
    expect(isBetter(values(0.44, 1.05), values(0.4, 1), 2.4)).to.equal(true);
    expect(isBetter(values(0.44, 1.05), values(0.4, 1), 2.6)).to.equal(false);
    const second = { segmentation: { miou: 0.4, 'miou.perImage': 0.9 }, depth: { absolute: 1, delta1: 0.9 } };
    expect(isBetter(second, values(0.4, 1), 0)).to.equal(false);
  });

  it('gives no say to a metric that no gain can be told from', () => {
    const isBetter = comparison(null, tasks);
    for (const nothing of [0, -1, NaN, Infinity]) {
      expect(isBetter(values(0.4, 0.9), values(nothing, 1), 0)).to.equal(true);
      expect(isBetter(values(0.4, 1.1), values(nothing, 1), 0)).to.equal(false);
      // With none left, the newer model is taken.
      expect(isBetter(values(0.4, 1.1), values(nothing, nothing), 0)).to.equal(true);
    }
  });

  it('never takes a number that is none for a better one, and leaves it at once', () => {
    for (const name of [null, 'depth.absolute']) {
      const isBetter = comparison(name, tasks);
      expect(isBetter(values(0.4, NaN), values(0.4, 1), 0)).to.equal(false);
      expect(isBetter(values(0.4, 1), values(NaN, NaN), 0)).to.equal(true);
    }
    const isBetter = comparison('depth.absolute', tasks);
    const none = { segmentation: { miou: 0.4 } };
    expect([
      isBetter(values(0, 1), none, 0),
      isBetter(none, values(0, 1), 0),
      isBetter(none, none, 0),
    ]).to.deep.equal([true, false, false]);
  });

  it('refuses a metric that there is not, naming all that there are', () => {
    for (const [name, fix] of [
      ['depth.absolut', '; did you mean "depth.absolute"?'],
      ['miou', ''],
    ] as const) {
      expect(() => comparison(name, tasks))
        .to.throw(
          `train.best: expected one of segmentation.miou, segmentation.miou.perImage, depth.absolute, depth.delta1, found "${name}"${fix}`,
        )
        .with.property('code', 'CONFIG_INVALID');
    }
  });
});
