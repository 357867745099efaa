import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { describeOn } from '../../engines.js';
import { makeTask, raster, sampleOf, trivialOf } from './tasks.js';

const task = makeTask('reconstruction');
const black = sampleOf({}, { height: 1, width: 2 });
const sample = { ...black, image: { ...black.image, data: Uint8Array.of(255, 0, 51, 0, 0, 0) } };

describe('the task reconstruction', () => {
  it('learns the image in 0–1, every pixel of it', () => {
    expect(task).to.include({ kind: 'regression', channels: 3, targetChannels: 3 });
    const { value, mask } = task.target(sample)!;
    expect([...value.data]).to.deep.equal([1, 0, Math.fround(0.2), 0, 0, 0]);
    expect([...mask]).to.deep.equal([1, 1]);
    expect(task.metrics().map(({ name }) => name)).to.deep.equal(['psnr', 'absolute', 'rmse']);
  });

  it('predicts the mean colour where it looks at no image', () => {
    const [name, ...color] = trivialOf(task, [task.target(sample)!]);
    expect([name, ...color.map((value) => value.toFixed(3))]).to.deep.equal([
      'mean colour',
      ...['0.500', '0.000', '0.100'],
    ]);
  });

  it('is shown as it was', () => {
    expect(task.render(task.target(sample)!.value).data).to.deep.equal(sample.image.data);
    expect([...task.render(raster([-1, 0.5, 2], { channels: 3 })).data]).to.deep.equal([0, 128, 255]);
  });
});

describeOn('wasm', 'a reconstruction', () => {
  it('is judged by L1 and clipped to 0–1', () => {
    tf.tidy(() => {
      const prediction = tf.tensor4d([-0.5, 0.5, 2], [1, 1, 1, 3]);
      expect([...task.decode(prediction).dataSync()]).to.deep.equal([0, 0.5, 1]);
      const value = tf.zeros<tf.Rank.R4>([1, 1, 1, 3]);
      expect(task.loss(prediction, { value, mask: tf.ones([1, 1, 1, 1]) }).dataSync()[0]).to.equal(1);
      const reference = { value, mask: null, target: 'soft', labelSmoothing: 0 } as const;
      expect(task.transfer!.loss(prediction, reference).dataSync()[0]).to.equal(1);
    });
  });
});
