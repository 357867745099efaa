/** What the tests of the losses share. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import type { ConsistencyLoss, PartSpec, PredictionLoss, Target } from '../../../core/index.js';
import { offers, registry } from '../../core/model/golden.js';
import { relativeError, tensorOf } from '../../oracles/compare.js';
import { readTensors, type StoredTensor } from '../../oracles/values.js';

const values = { ...readTensors('losses.safetensors'), ...readTensors('task-losses.safetensors') };

export function value(name: string): StoredTensor {
  const stored = values[name];
  if (!stored) throw new Error(`no ${name} in losses.safetensors or task-losses.safetensors`);
  return stored;
}

export function map(name: string): tf.Tensor4D {
  return tensorOf(value(name)) as tf.Tensor4D;
}

/** A case's labels; `none` labelled, only those of the `first` image, or all there are. */
export function targetOf(task: 'segmentation' | 'depth', labelled: 'all' | 'first' | 'none' = 'all'): Target {
  const mask = map(`${task}.mask`);
  const kept = { all: [1, 1], first: [1, 0], none: [0, 0] }[labelled];
  return {
    value: tf.cast(map(task === 'segmentation' ? 'segmentation.labels' : 'depth.target'), 'float32'),
    mask: tf.mul(mask, tf.tensor4d(kept, [2, 1, 1, 1])),
  };
}

export function predictionLoss(spec: PartSpec): PredictionLoss {
  const loss = registry.create('loss', spec, offers());
  if (loss.role !== 'prediction') throw new Error('a consistency loss');
  return loss;
}

export function consistencyLoss(spec: PartSpec): ConsistencyLoss {
  const loss = registry.create('loss', spec, offers());
  if (loss.role !== 'consistency') throw new Error('a prediction loss');
  return loss;
}

/** A loss and its gradient for its inputs, which come back on the host. Leaves no tensor behind. */
export function differentiate(
  loss: (...inputs: tf.Tensor4D[]) => tf.Scalar,
  inputs: () => readonly tf.Tensor4D[],
): { value: number; gradients: readonly Float32Array[] } {
  const before = tf.memory().numTensors;
  const result = tf.tidy(() => {
    const compute = tf.valueAndGrads((...given: tf.Tensor[]) => loss(...(given as tf.Tensor4D[])));
    const { value: found, grads } = compute([...inputs()]);
    // + 0, so that −0 is 0.
    const gradients = grads.map((gradient) => gradient.dataSync<'float32'>().map((slope) => slope + 0));
    return { value: found.dataSync()[0]!, gradients };
  });
  expect(tf.memory().numTensors, 'tensors left').to.equal(before);
  return result;
}

/** Expects a case's loss and gradient; where the golden ones are 0, exactly so. */
export function expectCase(
  name: string,
  loss: (prediction: tf.Tensor4D) => tf.Scalar,
  prediction: string,
): void {
  const { value: found, gradients } = differentiate(
    (input) => loss(input),
    () => [map(prediction)],
  );
  const wanted = value(`${name}.loss`).data[0]!;
  const gradient = value(`${name}.gradient`).data;
  if (wanted === 0) {
    expect(found).to.equal(0);
    expect(gradients[0]!.every((slope) => slope === 0)).to.equal(true);
    return;
  }
  expect(Math.abs(found - wanted) / wanted, 'loss').to.be.at.most(5e-7);
  expect(relativeError(gradients[0]!, gradient), 'gradient').to.be.at.most(1e-6);
}
