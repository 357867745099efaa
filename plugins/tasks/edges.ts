import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  binaryCrossEntropyMap,
  definePart,
  maskedMean,
  partSpec,
  tokens,
  type Deps,
  type HostTarget,
  type Raster,
  type Reference,
  type RgbImage,
  type Task,
} from '../../core/index.js';
import { labelInfo } from './labels.js';
import { metricNames, namedMetrics } from './metrics.js';
import { predictionLoss } from './prediction-loss.js';
import { meanPredictor } from './trivial.js';

const options = z.strictObject({
  label: z
    .string()
    .default('segmentation')
    .describe('Class labels of the data set, between which the edges run.'),
  loss: partSpec('loss').default('balancedBce').describe('Loss of the logits against edges of 0 and 1.'),
  tolerance: z.int().min(0).default(1).describe('Pixels by which an edge may be off for edgeF.'),
  metrics: metricNames(['edgeF', 'averagePrecision']),
});

/**
 * Edges between the classes of a segmentation: one logit per pixel, [batch, height, width, 1]. A labelled pixel is an
 * edge where one of its four neighbours is labelled with another class: an edge is two pixels wide, one on each side, and
 * flipping the map flips its edges.
 */
export const edges = definePart({
  description: 'Edges between classes: one probability per pixel, from class labels.',
  options,
  create: (settings, deps) => createEdges(settings, deps),
});

function createEdges(settings: z.output<typeof options>, deps: Deps): Task {
  const { void: none } = labelInfo(deps, settings.label, 'classes');
  const loss = predictionLoss(deps, 'loss', settings.loss);
  const { tolerance } = settings;
  return {
    name: deps.get(tokens.taskName),
    kind: 'classification',
    channels: 1,
    targetChannels: 1,
    targetSize: (image) => image,
    target(sample): HostTarget | undefined {
      const labels = sample.labels[settings.label];
      return labels && edgesOf(labels, none);
    },
    loss: (prediction, target) => loss.compute(prediction, target),
    transfer: {
      // The logit is the difference of the two classes' log-softmax and says as much; the log-sigmoid alone would be
      // flat wherever an edge is sure.
      input: (prediction) => prediction,
      loss: transferredBce,
      energy: divergence,
    },
    decode: (prediction) => tf.sigmoid(prediction),
    decoded: { kind: 'numbers', unit: 'probability', range: [0, 1] },
    metrics: () => namedMetrics(deps, settings.metrics, (name) => (name === 'edgeF' ? { tolerance } : {})),
    trivial: () => meanPredictor('share of edges'),
    render: paint,
  };
}

/**
 * Edges of class labels. What a neighbour without a label would have been is unknown: the pixel beside it is masked
 * unless another neighbour makes it an edge anyway. Beyond the image there is no neighbour, and no edge.
 * @param none the id of pixels without a label; they are masked
 */
export function edgesOf({ height, width, data: ids }: Raster, none: number): HostTarget {
  const data = new Uint8Array(height * width);
  const mask = new Uint8Array(height * width);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const own = ids[pixel]!;
      if (own === none) continue;
      const right = x + 1 < width ? ids[pixel + 1]! : own;
      const left = x > 0 ? ids[pixel - 1]! : own;
      const lower = y + 1 < height ? ids[pixel + width]! : own;
      const upper = y > 0 ? ids[pixel - width]! : own;
      const differs = (other: number): boolean => other !== own && other !== none;
      const isEdge = differs(right) || differs(left) || differs(lower) || differs(upper);
      const isKnown = right !== none && left !== none && lower !== none && upper !== none;
      data[pixel] = Number(isEdge);
      mask[pixel] = Number(isEdge || isKnown);
    }
  }
  return { value: { height, width, channels: 1, data }, mask };
}

/**
 * ℓ_{s→edges}: cross-entropy of the transferred logits against the direct prediction's probability or, for a hard
 * target, whether it is above ½.
 */
function transferredBce(transferred: tf.Tensor4D, reference: Reference): tf.Scalar {
  return tf.tidy(() => {
    const { value, target, labelSmoothing, mask } = reference;
    const probabilities: tf.Tensor4D =
      target === 'soft'
        ? tf.sigmoid(value)
        : tf.add(tf.mul(tf.cast(tf.greater(value, 0), 'float32'), 1 - 2 * labelSmoothing), labelSmoothing);
    return maskedMean(binaryCrossEntropyMap(transferred, probabilities), mask ?? tf.onesLike(value));
  });
}

/** KL of the transferred from the direct probability of an edge: cross-entropy less the entropy. */
function divergence(transferred: tf.Tensor4D, direct: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const probabilities = tf.sigmoid(direct);
    const entropy = binaryCrossEntropyMap(direct, probabilities);
    return tf.relu(tf.sub(binaryCrossEntropyMap(transferred, probabilities), entropy));
  });
}

/** Probability 0 black, 1 white. */
function paint({ height, width, data: probabilities }: Raster, mask?: Uint8Array): RgbImage {
  const data = new Uint8Array(height * width * 3);
  probabilities.forEach((probability, pixel) => {
    if (mask?.[pixel] !== 0) data.fill(Math.round(255 * probability), 3 * pixel, 3 * pixel + 3);
  });
  return { height, width, channels: 3, data };
}
