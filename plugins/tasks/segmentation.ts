import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  badValue,
  crossEntropyMap,
  definePart,
  maskedMean,
  partSpec,
  show,
  smoothedOneHot,
  tokens,
  type Deps,
  type HostTarget,
  type LabelInfo,
  type Raster,
  type Reference,
  type RgbImage,
  type Task,
} from '../../core/index.js';
import { classWeighting, classWeights } from './class-weights.js';
import { labelInfo, maskOf } from './labels.js';
import { metricNames, namedMetrics } from './metrics.js';
import { predictionLoss } from './prediction-loss.js';
import { majorityClass } from './trivial.js';

const options = z.strictObject({
  label: z.string().default('segmentation').describe('Which labels of the data set to learn.'),
  loss: partSpec('loss').default('crossEntropy').describe('Loss against the labels.'),
  classWeights,
  ignore: z
    .array(z.union([z.string(), z.int().min(0)]))
    .default([])
    .describe('Classes, by name or id, whose pixels are treated as having no label.'),
  metrics: metricNames(['miou', 'miou.perImage', 'pixelAccuracy']),
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
  const ignored = ignoredIds(deps, settings.ignore, info);
  const weighting = classWeighting(deps, settings.classWeights, classes);
  return {
    name: deps.get(tokens.taskName),
    kind: 'classification',
    channels: classes,
    targetChannels: 1,
    targetSize: (image) => image,
    target(sample): HostTarget | undefined {
      const labels = sample.labels[settings.label];
      return (
        labels && { value: labels, mask: maskOf(labels.data, (id) => id !== info.void && !ignored.has(id)) }
      );
    },
    loss: (prediction, target) => tf.tidy(() => loss.compute(prediction, weighting.weigh(target))),
    transfer: {
      input: (prediction) => tf.logSoftmax(prediction, 3),
      loss: transferredCrossEntropy,
      energy: divergence,
    },
    ...(weighting.statistics ? { statistics: weighting.statistics } : {}),
    decode: (prediction) => tf.tidy(() => tf.expandDims(tf.argMax(prediction, 3), 3)),
    decoded: info,
    metrics: () =>
      namedMetrics(deps, settings.metrics, (name) => (name.startsWith('miou') ? { classes } : {})),
    trivial: () => majorityClass(classes),
    render: (ids, mask) => paint(ids, info, mask),
  };
}

/** @throws MtlError `CONFIG_INVALID` for what is no class */
function ignoredIds(
  deps: Deps,
  ignore: readonly (string | number)[],
  { names }: ClassInfo,
): ReadonlySet<number> {
  return new Set(
    ignore.map((entry, index) => {
      const id = typeof entry === 'number' ? entry : names.indexOf(entry);
      if (id in names) return id;
      throw badValue('CONFIG_INVALID', {
        what: `tasks.${deps.get(tokens.taskName)}.ignore[${index}]`,
        expected: `one of the classes ${names.join(', ')}, or an id from 0 to ${names.length - 1}`,
        found: show(entry),
      });
    }),
  );
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

/** KL(softmax(direct) ‖ softmax(transferred)) per pixel: Σ_c p_c (log p_c − log q_c). */
function divergence(transferred: tf.Tensor4D, direct: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [p, q] = [tf.logSoftmax(direct, 3), tf.logSoftmax(transferred, 3)];
    // Equal up to rounding is equal: no less than nothing.
    return tf.relu(tf.sum(tf.mul(tf.exp(p), tf.sub(p, q)), 3, true));
  });
}

function paint(ids: Raster, { colors }: ClassInfo, mask?: Uint8Array): RgbImage {
  const data = new Uint8Array(ids.data.length * 3);
  ids.data.forEach((id, pixel) => {
    if (mask?.[pixel] !== 0) data.set(colors[id] ?? [0, 0, 0], pixel * 3);
  });
  return { height: ids.height, width: ids.width, channels: 3, data };
}
