import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { BatchNorm } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { distance, normOf, relativeError, tensorOf } from '../../oracles/compare.js';
import { hashed } from '../../oracles/values.js';
import { buildFor, casesOf, expectPass, expectStored, passOf, value, withLayer } from './layers.js';

const weights = ['gamma', 'beta', 'movingMeanBefore', 'movingVarianceBefore'];

function layerOf(name: string, args: ConstructorParameters<typeof BatchNorm>[0] = {}): BatchNorm {
  return buildFor(new BatchNorm(args), name, weights);
}

function movingOf(layer: BatchNorm): [mean: tf.Tensor, variance: tf.Tensor] {
  const [mean, variance] = layer.nonTrainableWeights.map((weight) => weight.read());
  return [mean!, variance!];
}

describeOnEach('BatchNorm', () => {
  it('has two numbers a channel and one map of several pixels to be compared with', () => {
    expect(casesOf('batchNorm')).to.have.members(['batchNorm.map', 'batchNorm.pair']);
  });

  for (const name of casesOf('batchNorm')) {
    it(`${name}, training: output, gradients and moving statistics`, () => {
      withLayer(
        () => layerOf(name),
        (layer) => {
          const { dx, ...pass } = passOf(layer, name, { training: true });
          expectPass(pass, name);
          // Of two numbers a channel nearly nothing remains (without ε it would be 0): the terms that cancel have been
          // through five or six roundings of 2^-24 each.
          const scale = name === 'batchNorm.pair' ? normBeforeTaking(name) : normOf(value(`${name}.dx`).data);
          expect(distance(dx.dataSync(), value(`${name}.dx`).data) / scale).to.be.at.most(3e-7);
          const [mean, variance] = movingOf(layer);
          expectStored(mean, `${name}.movingMean`);
          expectStored(variance, `${name}.movingVariance`);
        },
      );
    });

    it(`${name}, inference: uses the moving statistics and leaves them alone`, () => {
      withLayer(
        () => layerOf(name),
        (layer) => {
          expectStored(layer.apply(tensorOf(value(`${name}.x`))) as tf.Tensor, `${name}.inference`);
          const [mean, variance] = movingOf(layer);
          expect(mean.dataSync()).to.deep.equal(value(`${name}.movingMeanBefore`).data);
          expect(variance.dataSync()).to.deep.equal(value(`${name}.movingVarianceBefore`).data);
        },
      );
    });

    it(`${name}: with ReLU it is the same, cut off at 0`, () => {
      withLayer(
        () => layerOf(name),
        (plain) => {
          const [x, dy] = [tensorOf(value(`${name}.x`)), tensorOf(value(`${name}.dy`))];
          const fused = layerOf(name, { activation: 'relu' });
          const reference = (training: boolean) => (input: tf.Tensor) =>
            tf.relu(plain.apply(input, { training }) as tf.Tensor);
          // Inference first: the statistics of both are still the same.
          expectSame(fused.apply(x) as tf.Tensor, reference(false)(x));
          const { y, dx } = passOf(fused, name, { training: true });
          expectSame(y, reference(true)(x));
          expectSame(dx, tf.grad(reference(true))(x, dy));
          fused.dispose();
        },
      );
    });
  }

  it('normalises a large map without losing digits', () => {
    withLayer(
      () => {
        const layer = new BatchNorm({});
        layer.apply(tf.input({ shape: [128, 256, 4] }));
        return layer;
      },
      (layer) => {
        const shape: [number, number, number, number] = [2, 128, 256, 4];
        const x = hashed('large map', shape, 1).map((value) => 3 + value);
        const found = (layer.apply(tf.tensor4d(x, shape), { training: true }) as tf.Tensor).dataSync();
        expect(relativeError(found, normalized(x, 4))).to.be.at.most(1e-6);
      },
    );
  });
});

function expectSame(found: tf.Tensor, wanted: tf.Tensor): void {
  expect(found.dataSync()).to.deep.equal(wanted.dataSync());
}

/** μ and √(σ² + 1e-5) by channel, in double precision. */
function statisticsOf(
  x: ArrayLike<number>,
  channels: number,
): [means: Float64Array, deviations: Float64Array] {
  const rows = x.length / channels;
  const [means, variances] = [new Float64Array(channels), new Float64Array(channels)];
  Array.from(x).forEach((value, place) => {
    means[place % channels]! += value / rows;
  });
  Array.from(x).forEach((value, place) => {
    variances[place % channels]! += (value - means[place % channels]!) ** 2 / rows;
  });
  return [means, variances.map((variance) => Math.sqrt(variance + 1e-5))];
}

/** (x − μ)/√(σ² + 1e-5) in double precision. */
function normalized(x: Float32Array, channels: number): Float64Array {
  const [means, deviations] = statisticsOf(x, channels);
  return Float64Array.from(
    x,
    (value, place) => (value - means[place % channels]!) / deviations[place % channels]!,
  );
}

/** ‖γ/√(σ² + 1e-5) · dy‖: dx but for what is taken away from it, the mean and the part along x̂. */
function normBeforeTaking(name: string): number {
  const [x, dy, gamma] = ['x', 'dy', 'gamma'].map((key) => value(`${name}.${key}`).data);
  const channels = gamma!.length;
  const [, deviations] = statisticsOf(x!, channels);
  return normOf(
    Array.from(dy!, (slope, place) => (slope * gamma![place % channels]!) / deviations[place % channels]!),
  );
}
