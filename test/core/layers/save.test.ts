import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  AddRelu,
  BatchNorm,
  Conv2d,
  IndexedMaxPool2d,
  MaxPool2d,
  MaxUnpool2d,
  Upsample2d,
  xavierNormal,
  initialize,
} from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';

function smallModel(): tf.LayersModel {
  const image = tf.input({ shape: [8, 12, 3], name: 'image' });
  const y = new Conv2d({
    name: 'conv',
    filters: 4,
    kernelSize: 3,
    stride: 2,
    padding: 1,
    useBias: false,
  }).apply(image);
  const z = new BatchNorm({ name: 'bn', activation: 'relu' }).apply(y) as tf.SymbolicTensor;
  const pooled = new MaxPool2d({ name: 'pool', poolSize: 3, stride: 2, padding: 1 }).apply(z);
  const up = new Upsample2d({ name: 'up' }).apply(pooled) as tf.SymbolicTensor;
  const sum = new AddRelu({ name: 'add' }).apply([up, z]);
  const [maxima, indices] = new IndexedMaxPool2d({ name: 'indexed' }).apply(sum) as tf.SymbolicTensor[];
  const back = new MaxUnpool2d({ name: 'back' }).apply([maxima!, indices!]) as tf.SymbolicTensor;
  const head = new Conv2d({ name: 'head', filters: 2, kernelSize: 1, activation: 'relu' }).apply(back);
  const model = tf.model({ inputs: image, outputs: head as tf.SymbolicTensor, name: 'small' });
  initialize('small', model, xavierNormal, 3);
  return model;
}

describeOnEach('a model of our layers', () => {
  it('comes back from its saved form with the same layers, options and predictions', async () => {
    const shape: [number, number, number, number] = [2, 8, 12, 3];
    const model = smallModel();
    // Moves the moving statistics away from where a new model starts.
    tf.tidy(() => void model.apply(tf.tensor4d(hashed('save.image', shape, 2), shape), { training: true }));
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler((artifacts) => {
        saved = artifacts;
        return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved!));
    expect(loaded.layers.map((layer) => [layer.getClassName(), layer.getConfig()])).to.deep.equal(
      model.layers.map((layer) => [layer.getClassName(), layer.getConfig()]),
    );
    tf.tidy(() => {
      const image = tf.tensor4d(hashed('save.image', shape, 1), shape);
      const [before, after] = [model, loaded].map((one) => (one.apply(image) as tf.Tensor).dataSync());
      expect(after).to.deep.equal(before);
      expect(after!.some((value) => value > 0)).to.equal(true);
    });
    model.dispose();
    loaded.dispose();
  });

  it('has class names of its own, which tf.layers’ cannot be mistaken for', () => {
    const names = [AddRelu, BatchNorm, Conv2d, IndexedMaxPool2d, MaxPool2d, MaxUnpool2d, Upsample2d].map(
      ({ className }) => className,
    );
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    for (const name of names) {
      expect(name).to.match(/^Crosstask/);
      expect(classNameMap).to.have.property(name);
    }
    expect(new Set(names).size).to.equal(names.length);
  });
});
