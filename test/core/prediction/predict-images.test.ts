import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  consistencyEnergy,
  DataLoading,
  exportData,
  loadRunConfig,
  modelPredictor,
  openData,
  openModel,
  predictImages,
  train,
  type HostBatch,
  type Raster,
  type TrainedModel,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { failure } from '../../plugins/datasets/make.js';
import { load } from '../run/tiny.js';

async function someBatch(): Promise<HostBatch> {
  const loaded = await load();
  const loader = await new DataLoading(loaded, openData(loaded)).open('val');
  for await (const batch of loader.batches({ batchSize: 2 })) return batch;
  throw new Error('no batch');
}

describe('a run’s model', () => {
  let path = '';
  let trained: TrainedModel;
  let batch: HostBatch;
  const folder = (name: string): string => join(path, name);

  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'model-'));
    // Data of its own, so that they can go.
    const scenes = await load();
    const dataset = await exportData(scenes, {
      format: 'folders',
      splits: ['train', 'val'],
      folder: folder('data'),
    });
    await train(await load(`dataset=${JSON.stringify(dataset)}`, 'train.epochs=1'), {
      folder: folder('run'),
    });
    rmSync(folder('data'), { recursive: true });
    trained = await openModel(await loadRunConfig(folder('run'), [builtin]), { folder: folder('run') });
    batch = await someBatch();
  });
  after(() => {
    trained.dispose();
    rmSync(path, { recursive: true, force: true });
  });

  it('opens without the data that it was trained on, and knows what they were', () => {
    expect(trained.data.size).to.deep.equal({ height: 32, width: 32 });
    expect(Object.keys(trained.data.labels)).to.deep.equal(['segmentation', 'depth']);
    expect(trained.tasks.map(({ name }) => name)).to.deep.equal(['segmentation', 'depth']);
  });

  it('is refused where there is no checkpoint', async () => {
    const loaded = await loadRunConfig(folder('run'), [builtin]);
    rmSync(join(folder('run'), 'checkpoints', 'last.safetensors'));
    const error = await failure(openModel(loaded, { folder: folder('run'), checkpoint: 'last' }));
    expect(error.code).to.equal('CHECKPOINT_INVALID');
  });

  it('predicts what the evaluation measures, image by image', async () => {
    const whole = await modelPredictor(trained.model)(batch);
    const tensors = tf.memory().numTensors;
    const predictions = await predictImages(trained.model, batch, { transfer: false });
    expect(tf.memory().numTensors).to.equal(tensors);
    expect(predictions).to.have.lengthOf(2);
    for (const task of ['segmentation', 'depth']) {
      const parts = predictions.map(({ direct }) => [...direct[task]!.data]);
      expect(parts.flat()).to.deep.equal([...whole[task]!]);
    }
    expect(predictions[0]).to.have.property('transferred').that.is.empty;
    expect(predictions[0]).not.to.have.property('energy');
  });

  it('gives transferred predictions and the energy where they are asked for', async () => {
    const tensors = tf.memory().numTensors;
    const predictions = await predictImages(trained.model, batch, { transfer: true });
    expect(tf.memory().numTensors).to.equal(tensors);
    const names = predictions[0]!.transferred.map(({ from, to }) => `${from}-${to}`);
    expect(names).to.deep.equal(['segmentation-depth', 'depth-segmentation']);
    const expected = tf.tidy(() => {
      const image = tf.tensor4d(batch.image, [...batch.shape]);
      return consistencyEnergy(trained.model.forward(image, { training: false, transfer: true }))!.dataSync();
    });
    expect(predictions.flatMap(({ energy }) => [...energy!.data])).to.deep.equal([...expected]);
    const { height, width, channels }: Raster = predictions[1]!.transferred[0]!.decoded;
    expect([height, width, channels]).to.deep.equal([32, 32, 1]);
  });
});
