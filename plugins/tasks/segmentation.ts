import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  crossEntropyMap,
  definePart,
  maskedMean,
  partSpec,
  smoothedOneHot,
  tokens,
  type Deps,
  type HostTarget,
  type LabelInfo,
  type Raster,
  type Reference,
  type RgbImage,
  type Task,
  type TrivialPredictor,
} from '../../core/index.js';
import { labelInfo, maskOf } from './labels.js';
import { predictionLoss } from './prediction-loss.js';

const options = z.strictObject({
  label: z.string().default('segmentation').describe('Which labels of the data set to learn.'),
  loss: partSpec('loss').default('crossEntropy').describe('Loss against the labels.'),
  metrics: z
    .array(z.string())
    .min(1)
    .default(['miou', 'miou.perImage', 'pixelAccuracy'])
    .describe('The first one stands for the task.'),
});

type ClassInfo = LabelInfo & { kind: 'classes' };

/** One class per pixel. Predictions are scores (logits), [batch, height, width, classes]. */
export const segmentation = definePart({
  description: 'Semantic segmentation: one class per pixel.',
  options,
  create: (settings, deps) => createSegmentation(settings, deps),
});

function createSegmentation(settings: z.output<typeof options>, deps: Deps): Task {
  const info = labelInfo(deps, settings.label, 'classes');
  const classes = info.names.length;
  const loss = predictionLoss(deps, 'loss', settings.loss);
  return {
    name: deps.get(tokens.taskName),
    kind: 'classification',
    channels: classes,
    targetChannels: 1,
    targetSize: (image) => image,
    target(sample): HostTarget | undefined {
      const labels = sample.labels[settings.label];
      return labels && { value: labels, mask: maskOf(labels.data, (id) => id !== info.void) };
    },
    loss: (prediction, target) => loss.compute(prediction, target),
    transfer: { input: (prediction) => tf.logSoftmax(prediction, 3), loss: transferredCrossEntropy },
    decode: (prediction) => tf.tidy(() => tf.expandDims(tf.argMax(prediction, 3), 3)),
    metrics: () =>
      settings.metrics.map((name) =>
        deps
          .get(tokens.registry)
          .create(
            'metric',
            name.startsWith('miou') ? { name, classes } : name,
            deps,
            `tasks.${deps.get(tokens.taskName)}.metrics`,
          ),
      ),
    trivial: () => majorityClass(classes),
    render: (ids, mask) => paint(ids, info, mask),
  };
}

/**
 * ℓ_{s→seg} (paper eq. 13): cross-entropy of the transferred scores against the direct prediction's distribution
 * or, as in the authors' code, its most likely class; mean over all pixels, masked ones counting 0.
 */
function transferredCrossEntropy(transferred: tf.Tensor4D, reference: Reference): tf.Scalar {
  return tf.tidy(() => {
    const { value, target, labelSmoothing, mask } = reference;
    const probabilities =
      target === 'soft'
        ? tf.softmax<tf.Tensor4D>(value, 3)
        : smoothedOneHot(tf.expandDims(tf.argMax(value, 3), 3), value.shape[3], labelSmoothing);
    const losses = crossEntropyMap(transferred, probabilities);
    return maskedMean(mask ? tf.mul(losses, mask) : losses, tf.onesLike(losses));
  });
}

function majorityClass(classes: number): TrivialPredictor {
  const counts = new Float64Array(classes);
  return {
    name: 'majority class',
    update({ value, mask }) {
      mask.forEach((valid, pixel) => {
        if (valid) counts[value.data[pixel]!]! += 1;
      });
    },
    compute: () => [counts.indexOf(Math.max(...counts))],
  };
}

function paint(ids: Raster, { colors }: ClassInfo, mask?: Uint8Array): RgbImage {
  const data = new Uint8Array(ids.data.length * 3);
  ids.data.forEach((id, pixel) => {
    if (mask?.[pixel] !== 0) data.set(colors[id] ?? [0, 0, 0], pixel * 3);
  });
  return { height: ids.height, width: ids.width, channels: 3, data };
}
