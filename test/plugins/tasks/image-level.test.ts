import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { MtlError, type Task } from '../../../core/index.js';
import { describeOn } from '../../engines.js';
import { makeTask, raster, sampleOf, targetIn, trivialOf } from './tasks.js';

const size = { height: 4, width: 6 };
const classification = makeTask('classification', {}, 'weather');
const regression = makeTask('regression', { label: 'people' });

describe('tasks with one label per image', () => {
  it('have pooled heads and targets of one pixel, and stand in no transfer graph', () => {
    expect(classification).to.include({
      name: 'weather',
      kind: 'classification',
      channels: 3,
      targetChannels: 1,
    });
    expect(regression).to.include({ name: 'regression', kind: 'regression', channels: 1, targetChannels: 1 });
    for (const task of [classification, regression]) {
      expect(task.pooled).to.equal(true);
      expect(task.transfer).to.equal(undefined);
      expect(task.targetSize(size)).to.deep.equal({ height: 1, width: 1 });
    }
  });

  it('take the labels of the task’s name unless told otherwise', () => {
    const target = targetIn(classification, { weather: raster([2]), people: raster([7]) }, size);
    expect([...target.value.data, ...target.mask]).to.deep.equal([2, 1]);
    expect([...targetIn(regression, { people: raster([7]) }, size).value.data]).to.deep.equal([7]);
    expect(() => makeTask('classification'))
      .to.throw(MtlError, 'tasks.classification.label: expected the name of imageClass labels')
      .with.property('code', 'CONFIG_INVALID');
    expect(() => makeTask('regression', { label: 'depth' }))
      .to.throw(MtlError, 'tasks.regression.label: expected the name of imageNumber labels')
      .with.property('code', 'CONFIG_INVALID');
  });

  it('lack a target where the sample lacks the label', () => {
    expect(classification.target(sampleOf({}, size))).to.equal(undefined);
    expect(regression.target(sampleOf({}, size))).to.equal(undefined);
    expect([...targetIn(regression, { people: raster([NaN]) }, size).mask]).to.deep.equal([0]);
  });

  it('have their metrics and trivial predictors', () => {
    const names = (task: Task): string[] => task.metrics().map(({ name }) => name);
    expect(names(classification)).to.deep.equal(['accuracy', 'meanAccuracy']);
    expect(names(regression)).to.deep.equal(['absolute', 'rmse', 'r2']);
    const classes = [1, 2, 1].map((id) => targetIn(classification, { weather: raster([id]) }, size));
    expect(trivialOf(classification, classes)).to.deep.equal(['majority class', 1]);
    const numbers = [1, 2, 6].map((count) => targetIn(regression, { people: raster([count]) }, size));
    expect(trivialOf(regression, numbers)).to.deep.equal(['mean', 3]);
  });

  it('are shown as one pixel, black where there is nothing', () => {
    for (const task of [classification, regression]) {
      const [low, high] = [0, 2].map((value) => task.render(raster([value])));
      expect(low).to.include({ height: 1, width: 1, channels: 3 });
      expect(low!.data).to.not.deep.equal(high!.data);
      expect([...task.render(raster([1]), Uint8Array.of(0)).data]).to.deep.equal([0, 0, 0]);
    }
  });
});

describeOn('wasm', 'losses of one label per image', () => {
  it('are means over the images that have one', () => {
    tf.tidy(() => {
      const mask = tf.tensor4d([1, 1, 0], [3, 1, 1, 1]);
      const numbers = { value: tf.tensor4d([1, 2, 0], [3, 1, 1, 1]), mask };
      expect(regression.loss(tf.tensor4d([2, 5, 9], [3, 1, 1, 1]), numbers).dataSync()[0]).to.equal(2);
      const scores = tf.tensor4d([0, 0, 0, 50, 0, 0, 1, 2, 3], [3, 1, 1, 3]);
      const classes = { value: tf.tensor4d([1, 0, 0], [3, 1, 1, 1]), mask };
      expect(classification.loss(scores, classes).dataSync()[0]).to.be.closeTo(Math.log(3) / 2, 1e-6);
      expect([...classification.decode(scores).dataSync()]).to.deep.equal([0, 0, 2]);
    });
  });
});
