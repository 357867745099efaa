import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  definePart,
  partSpec,
  tokens,
  unitVectors,
  type Deps,
  type HostTarget,
  type Raster,
  type RgbImage,
  type Task,
  type TrivialPredictor,
} from '../../core/index.js';
import { labelInfo, maskOf } from './labels.js';
import { metricNames, namedMetrics } from './metrics.js';
import { againstDirect, predictionLoss } from './prediction-loss.js';
import { meanPredictor } from './trivial.js';

const options = z.strictObject({
  label: z.string().default('normals').describe('Which labels of the data set to learn.'),
  loss: partSpec('loss').default('cosine').describe('Loss against the labels.'),
  consistency: partSpec('loss')
    .default('cosine')
    .describe('Loss of a transferred against the direct directions.'),
  metrics: metricNames(['angleMean', 'angleMedian', 'within11', 'within22', 'within30']),
});

/**
 * Surface normals: a direction per pixel (x right, y down, z away from the camera). The head gives vectors of any
 * length, [batch, height, width, 3]; only their direction is the prediction. Labels of length 0 are missing.
 */
export const normals = definePart({
  description: 'Surface normals: one direction per pixel.',
  options,
  create: (settings, deps) => createNormals(settings, deps),
});

function createNormals(settings: z.output<typeof options>, deps: Deps): Task {
  const info = labelInfo(deps, settings.label, 'directions');
  const loss = predictionLoss(deps, 'loss', settings.loss);
  const consistency = predictionLoss(deps, 'consistency', settings.consistency);
  return {
    name: deps.get(tokens.taskName),
    kind: 'regression',
    channels: 3,
    targetChannels: 3,
    targetSize: (image) => image,
    target(sample): HostTarget | undefined {
      const labels = sample.labels[settings.label];
      return labels && { value: labels, mask: hasLength(labels) };
    },
    loss: (prediction, target) => loss.compute(prediction, target),
    transfer: {
      // Its length means nothing, so a transfer net is not to learn from it.
      input: unitVectors,
      loss: (transferred, { value, mask }) =>
        tf.tidy(() => againstDirect(consistency, transferred, { value: unitVectors(value), mask })),
      energy: angularDistance,
    },
    decode: unitVectors,
    decoded: info,
    metrics: () => namedMetrics(deps, settings.metrics),
    trivial: meanDirection,
    error: { unit: '°', kind: 'amount', measure: angles },
    render: paint,
  };
}

/** 1 − cosine of the angle between the two directions, 0–2. */
function angularDistance(transferred: tf.Tensor4D, direct: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const cosine = tf.sum<tf.Tensor4D>(tf.mul(unitVectors(transferred), unitVectors(direct)), 3, true);
    return tf.relu(tf.sub(1, cosine));
  });
}

/** The angle between the two directions, 0–180. */
function angles({ height, width, data: predicted }: Raster, { data: labels }: Raster): Float32Array {
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    const at = 3 * pixel;
    const cosine =
      predicted[at]! * labels[at]! +
      predicted[at + 1]! * labels[at + 1]! +
      predicted[at + 2]! * labels[at + 2]!;
    return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
  });
}

function hasLength({ data, height, width }: Raster): Uint8Array {
  const pixels = new Float32Array(height * width);
  pixels.forEach((_, pixel) => {
    pixels[pixel] = Math.hypot(data[3 * pixel]!, data[3 * pixel + 1]!, data[3 * pixel + 2]!);
  });
  return maskOf(pixels, (length) => length > 0);
}

/** The mean of all labels, at length 1. */
function meanDirection(): TrivialPredictor {
  const mean = meanPredictor('mean direction', 3);
  return {
    ...mean,
    compute() {
      const vector = mean.compute();
      const length = Math.hypot(...vector);
      return vector.map((value) => (length > 0 ? value / length : 0));
    },
  };
}

/** −1 … 1 as 0 … 255, x red, y green, z blue. */
function paint({ data: vectors, height, width }: Raster, mask?: Uint8Array): RgbImage {
  const data = new Uint8Array(vectors.length);
  vectors.forEach((value, place) => {
    if (mask?.[Math.floor(place / 3)] !== 0)
      data[place] = Math.round(((Math.min(1, Math.max(-1, value)) + 1) / 2) * 255);
  });
  return { height, width, channels: 3, data };
}
