import * as tf from '@tensorflow/tfjs';
import {
  badValue,
  binaryCrossEntropyMap,
  definePart,
  maskedMean,
  partSpec,
  tokens,
  type Deps,
  type Loss,
  type PredictionLoss,
  type Raster,
  type Reference,
  type RgbImage,
  type Task,
  type TrivialPredictor,
} from 'crosstask';
import { z } from 'zod';
import { jumps } from './jumps.js';

const options = z.strictObject({
  label: z.string().default('depth').describe('Depth labels of the data set, metres or inverse metres.'),
  ratio: z
    .number()
    .gt(1)
    .default(1.25)
    .describe('From which ratio of two neighbours’ depths on there is a boundary.'),
  loss: partSpec('loss').default('focal').describe('Loss of the logits against boundaries of 0 and 1.'),
});

/** Where depth jumps: one logit per pixel, [batch, height, width, 1], from depth labels. */
export const boundaries = definePart({
  description: 'Boundaries of things: where depth jumps between neighbours, from depth labels.',
  options,
  create: (settings, deps) => createBoundaries(settings, deps),
});

function createBoundaries({ label, ratio, loss: spec }: z.output<typeof options>, deps: Deps): Task {
  const name = deps.get(tokens.taskName);
  const registry = deps.get(tokens.registry);
  checkLabel(deps, name, label);
  const loss = forPredictions(registry.create('loss', spec, deps, `tasks.${name}.loss`), name);
  return {
    name,
    kind: 'classification',
    channels: 1,
    targetChannels: 1,
    targetSize: (image) => image,
    target(sample) {
      const depth = sample.labels[label];
      return depth && jumps(depth, ratio);
    },
    loss: (prediction, target) => loss.compute(prediction, target),
    // What makes it a part of the transfer graph; without it, it would be learnt beside the others.
    transfer: { input: (logits) => logits, loss: againstDirect, energy: divergence },
    decode: (logits) => tf.sigmoid(logits),
    metrics: () =>
      ['boundaryIou', 'averagePrecision'].map((metric) => registry.create('metric', metric, deps)),
    trivial: shareOfBoundaries,
    render,
  };
}

function checkLabel(deps: Deps, name: string, label: string): void {
  const info = deps.get(tokens.data).labels[label];
  if (info?.kind === 'scalar') return;
  throw badValue('CONFIG_INVALID', {
    what: `tasks.${name}.label`,
    expected: 'depth labels',
    found: info ? `${info.kind} labels` : `"${label}", which the data set does not have`,
  });
}

function forPredictions(loss: Loss, name: string): PredictionLoss {
  if (loss.role === 'prediction') return loss;
  throw badValue('CONFIG_INVALID', {
    what: `tasks.${name}.loss`,
    expected: 'a loss of a prediction against labels',
    found: 'one of transferred predictions',
  });
}

/** ℓ_{s→boundaries}: cross-entropy of the transferred logits against the direct prediction's probabilities. */
function againstDirect(transferred: tf.Tensor4D, { value, target, mask }: Reference): tf.Scalar {
  return tf.tidy(() => {
    const probabilities: tf.Tensor4D =
      target === 'soft' ? tf.sigmoid(value) : tf.cast(tf.greater(value, 0), 'float32');
    return maskedMean(binaryCrossEntropyMap(transferred, probabilities), mask ?? tf.onesLike(value));
  });
}

/** KL of the transferred from the direct probability. */
function divergence(transferred: tf.Tensor4D, direct: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const probabilities = tf.sigmoid(direct);
    const entropy = binaryCrossEntropyMap(direct, probabilities);
    return tf.relu(tf.sub(binaryCrossEntropyMap(transferred, probabilities), entropy));
  });
}

/** The same probability everywhere: the share of boundary pixels. */
function shareOfBoundaries(): TrivialPredictor {
  let [is, all] = [0, 0];
  return {
    name: 'share of boundaries',
    update({ value, mask }) {
      mask.forEach((labelled, pixel) => {
        if (!labelled) return;
        all += 1;
        is += value.data[pixel]!;
      });
    },
    compute: () => [is / Math.max(1, all)],
  };
}

/** Probability 0 black, 1 white. */
function render({ height, width, data: probabilities }: Raster, mask?: Uint8Array): RgbImage {
  const data = new Uint8Array(height * width * 3);
  probabilities.forEach((probability, pixel) => {
    if (mask?.[pixel] !== 0) data.fill(Math.round(255 * probability), 3 * pixel, 3 * pixel + 3);
  });
  return { height, width, channels: 3, data };
}
