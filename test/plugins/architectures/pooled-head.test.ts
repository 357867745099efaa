import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { assembleModel, summarize, Tape, type Model, type Task } from '../../../core/index.js';
import { offers, registry } from '../../core/model/golden.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';

const pooled = { name: 'weather', channels: 6, pooled: true } as Task;
const dense = { name: 'depth', channels: 1, transfer: {} } as Task;
const architectures = ['shared', 'single'] as const;

function build(architecture: (typeof architectures)[number], tasks: readonly Task[]): Model {
  return assembleModel({
    tasks,
    architecture: registry.create('architecture', { name: architecture, decoderChannels: 4 }, offers()),
    backbone: registry.create('backbone', { name: 'resnet18', width: 4 }, offers()),
    size: { height: 32, width: 64 },
    seed: 3,
    initialize: true,
  });
}

function images(): tf.Tensor4D {
  return tf.tensor4d(hashed('images', [2, 32, 64, 3], 1), [2, 32, 64, 3]);
}

describeOnEach('pooled heads', () => {
  for (const architecture of architectures) {
    it(`${architecture}: mean of the coarsest map and a 1×1 convolution with bias`, () => {
      const model = build(architecture, [pooled, dense]);
      const part = 'decoder.weather';
      const { parts } = summarize(model);
      // 32 channels of a ResNet of width 4.
      expect(parts.find(({ name }) => name === part)!.parameters).to.equal(32 * 6 + 6);
      const names = Object.keys(model.parameters).filter((name) => name.startsWith(part));
      expect(names).to.deep.equal([`${part}.head.kernel`, `${part}.head.bias`]);
      tf.tidy(() => {
        const bias = model.parameters[`${part}.head.bias`]!;
        bias.assign(tf.range(0, 6));
        const { direct } = model.forward(images(), { training: false, transfer: false });
        expect(direct.weather!.shape).to.deep.equal([2, 1, 1, 6]);
        expect(direct.depth!.shape).to.deep.equal([2, 32, 64, 1]);
        const encoder = model.parts[architecture === 'shared' ? 'encoder' : 'encoder.weather']!;
        const features = encoder.apply(images(), { training: false }) as tf.Tensor4D[];
        const kernel = model.parameters[`${part}.head.kernel`]!.reshape<tf.Tensor2D>([32, 6]);
        const wanted = tf
          .add(tf.matMul(tf.mean<tf.Tensor2D>(features.at(-1)!, [1, 2]), kernel), bias)
          .dataSync();
        const found = direct.weather!.dataSync();
        found.forEach((value, at) => expect(value).to.be.closeTo(wanted[at]!, 1e-5));
      });
      model.dispose();
    });

    it(`${architecture}: the loss reaches the encoder, and no other task’s decoder`, () => {
      const before = tf.memory().numTensors;
      const model = build(architecture, [pooled, dense]);
      const { tape, result } = Tape.record(() => ({
        loss: tf.sum<tf.Scalar>(model.forward(images(), { training: true, transfer: false }).direct.weather!),
      }));
      const names = Object.keys(model.parameters);
      const one = tf.scalar(1);
      const gradients = tape.backward(
        [{ of: result.loss, gradient: one }],
        Object.values(model.parameters),
        true,
      );
      names.forEach((name, at) => {
        const reached = name.startsWith('decoder.weather') || /^encoder\.(?!depth)/.test(name);
        expect(gradients[at] !== undefined, name).to.equal(reached);
      });
      // d/db of the sum over two images.
      expect([...gradients[names.indexOf('decoder.weather.head.bias')]!.dataSync()]).to.deep.equal([
        2, 2, 2, 2, 2, 2,
      ]);
      tf.dispose([gradients.filter((gradient) => gradient !== undefined), result.loss, one]);
      model.dispose();
      expect(tf.memory().numTensors, 'tensors left').to.equal(before);
    });
  }
});
