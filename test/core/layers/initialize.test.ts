import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  BatchNorm,
  Conv2d,
  heNormalFanOut,
  initialize,
  namedWeights,
  xavierNormal,
  type KernelScale,
} from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';

const filters = 48;
const channels = 32;

/** One 3×3 convolution with batch norm; `first` puts another layer in front. */
function modelOf({ name = 'conv', first = false } = {}): tf.LayersModel {
  const image = tf.input({ shape: [4, 4, channels] });
  const before = first
    ? (new Conv2d({ name: 'before', filters: channels, kernelSize: 1 }).apply(image) as tf.SymbolicTensor)
    : image;
  const y = new Conv2d({ name, filters, kernelSize: 3 }).apply(before);
  return tf.model({ inputs: image, outputs: new BatchNorm({ name: 'bn' }).apply(y) as tf.SymbolicTensor });
}

interface Initialized {
  readonly part?: string;
  readonly seed?: number;
  readonly scale?: KernelScale;
  readonly model?: Parameters<typeof modelOf>[0];
}

/** All weights by name after initialisation. */
function initialized({ part = 'encoder', seed = 0, scale = heNormalFanOut, model: args }: Initialized = {}) {
  const model = modelOf(args);
  initialize(part, model, scale, seed);
  const weights = namedWeights(part, model).map(([name, weight]): [string, Float32Array] => [
    name,
    Float32Array.from(weight.read().dataSync()),
  ]);
  model.dispose();
  return Object.fromEntries(weights);
}

function moments(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

describeOnEach('initialize', () => {
  const cases: readonly [string, KernelScale, number][] = [
    ['He normal, fan-out', heNormalFanOut, Math.sqrt(2 / (9 * filters))],
    ['Xavier normal', xavierNormal, Math.sqrt(2 / (9 * (channels + filters)))],
  ];
  for (const [name, scale, deviation] of cases) {
    it(`${name}: mean 0 and the published standard deviation, with a normal's tails`, () => {
      const kernel = initialized({ scale })['encoder.conv.kernel']!;
      const found = moments(kernel);
      // Five standard errors of the mean and of the deviation.
      expect(Math.abs(found.mean)).to.be.below((5 * deviation) / Math.sqrt(kernel.length));
      expect(found.deviation / deviation).to.be.closeTo(1, 5 / Math.sqrt(2 * kernel.length));
      const beyond = kernel.filter((value) => Math.abs(value) > 2 * deviation).length / kernel.length;
      expect(beyond, 'share beyond two deviations').to.be.closeTo(0.0455, 0.01);
    });
  }

  it('leaves biases at 0 and batch norm at 1 and 0', () => {
    const { 'encoder.conv.kernel': kernel, ...others } = initialized();
    expect(kernel!.every((value) => value !== 0)).to.equal(true);
    const constants = Object.entries(others).map(([name, values]) => [name, [...new Set(values)]]);
    expect(Object.fromEntries(constants)).to.deep.equal({
      'encoder.conv.bias': [0],
      'encoder.bn.gamma': [1],
      'encoder.bn.beta': [0],
      'encoder.bn.movingMean': [0],
      'encoder.bn.movingVariance': [1],
    });
  });

  it('gives a kernel values that depend on the seed and its name alone', () => {
    const kernel = initialized()['encoder.conv.kernel'];
    expect(initialized()['encoder.conv.kernel']).to.deep.equal(kernel);
    expect(initialized({ model: { first: true } })['encoder.conv.kernel']).to.deep.equal(kernel);
    expect(initialized({ seed: 1 })['encoder.conv.kernel']).to.not.deep.equal(kernel);
    expect(initialized({ part: 'decoder' })['decoder.conv.kernel']).to.not.deep.equal(kernel);
    expect(initialized({ model: { name: 'other' } })['encoder.other.kernel']).to.not.deep.equal(kernel);
  });
});
