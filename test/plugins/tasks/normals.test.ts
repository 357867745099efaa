import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { MtlError } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { expectCase, map } from '../losses/losses.js';
import { makeTask, raster, targetIn, trivialOf } from './tasks.js';

const task = makeTask('normals');

describe('the task normals', () => {
  it('learns directions, and masks those of length 0', () => {
    expect(task).to.include({ kind: 'regression', channels: 3, targetChannels: 3 });
    expect(task.targetSize({ height: 3, width: 5 })).to.deep.equal({ height: 3, width: 5 });
    const normals = raster([0, 0, -1, 0, 0, 0, 0.6, 0, -0.8], { channels: 3 });
    expect([...targetIn(task, { normals }).mask]).to.deep.equal([1, 0, 1]);
    expect(task.target({ ...normals, id: 'x', image: raster([]) as never, labels: {} })).to.equal(undefined);
  });

  it('needs labels that are directions', () => {
    expect(() => makeTask('normals', { label: 'depth' }))
      .to.throw(MtlError, 'tasks.normals.label: expected the name of directions labels')
      .with.property('code', 'CONFIG_INVALID');
  });

  it('has the metrics of the field, the mean angle first', () => {
    expect(task.metrics().map(({ name }) => name)).to.deep.equal([
      'angleMean',
      'angleMedian',
      'within11',
      'within22',
      'within30',
    ]);
  });

  it('is beaten by no direction other than the mean one, at length 1', () => {
    const targets = [
      targetIn(task, { normals: raster([1, 0, 0, 0, 0, 0], { channels: 3 }) }),
      targetIn(task, { normals: raster([0, 1, 0], { channels: 3 }) }),
    ];
    const [name, x, y, z] = trivialOf(task, targets);
    expect(name).to.equal('mean direction');
    expect([x, y]).to.satisfy((both: number[]) => both.every((v) => Math.abs(v - Math.SQRT1_2) < 1e-12));
    expect(z).to.equal(0);
    expect(trivialOf(task, [])).to.deep.equal(['mean direction', 0, 0, 0]);
  });

  it('is shown as colours, black where there is nothing', () => {
    const shown = task.render(raster([-1, 0, 1, 0, 0, -1], { channels: 3 }), Uint8Array.of(1, 0));
    expect([...shown.data]).to.deep.equal([0, 128, 255, 0, 0, 0]);
  });
});

describeOnEach('consistency of normals', () => {
  for (const pixels of ['all', 'valid']) {
    it(`is 1 − cosine, ${pixels} pixels: value and gradient`, () => {
      expectCase(
        `transferredCosine.${pixels}`,
        (transferred) =>
          task.transfer!.loss(transferred, {
            value: map('directions.direct'),
            mask: pixels === 'valid' ? map('directions.mask') : null,
            target: 'soft',
            labelSmoothing: 0,
          }),
        'directions.prediction',
      );
    });
  }

  it('feeds and decodes vectors of length 1', () => {
    tf.tidy(() => {
      const prediction = tf.tensor4d([0, 3, -4, 0, 0, 0], [1, 1, 2, 3]);
      for (const made of [task.transfer!.input(prediction), task.decode(prediction)]) {
        const values = [...made.dataSync()];
        [0, 0.6, -0.8, 0, 0, 0].forEach((wanted, at) => expect(values[at]).to.be.closeTo(wanted, 1e-6));
      }
    });
  });
});
