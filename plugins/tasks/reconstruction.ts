import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  definePart,
  partSpec,
  tokens,
  type Deps,
  type HostTarget,
  type Raster,
  type RgbImage,
  type Task,
} from '../../core/index.js';
import { metricNames, namedMetrics } from './metrics.js';
import { againstDirect, meanDistance, predictionLoss } from './prediction-loss.js';
import { meanPredictor } from './trivial.js';

const options = z.strictObject({
  loss: partSpec('loss').default('l1').describe('Loss against the image: l1, mse, logL1, smoothL1, ssim.'),
  consistency: partSpec('loss').default('l1').describe('Loss of a transferred against the direct image.'),
  metrics: metricNames(['psnr', 'absolute', 'rmse']),
});

/** The image itself, RGB in 0–1, [batch, height, width, 3]: a task that needs no labels. */
export const reconstruction = definePart({
  description: 'The image itself, which needs no labels.',
  options,
  create: (settings, deps) => createReconstruction(settings, deps),
});

function createReconstruction(settings: z.output<typeof options>, deps: Deps): Task {
  const loss = predictionLoss(deps, 'loss', settings.loss);
  const consistency = predictionLoss(deps, 'consistency', settings.consistency);
  return {
    name: deps.get(tokens.taskName),
    kind: 'regression',
    channels: 3,
    targetChannels: 3,
    targetSize: (image) => image,
    target: ({ image }): HostTarget => ({
      value: { ...image, data: Float32Array.from(image.data, (value) => value / 255) },
      mask: new Uint8Array(image.height * image.width).fill(1),
    }),
    loss: (prediction, target) => loss.compute(prediction, target),
    transfer: {
      input: (prediction) => prediction,
      loss: (transferred, reference) => againstDirect(consistency, transferred, reference),
      energy: meanDistance,
    },
    decode: (prediction) => tf.clipByValue(prediction, 0, 1),
    decoded: { kind: 'numbers', unit: 'share of full brightness', range: [0, 1] },
    metrics: () => namedMetrics(deps, settings.metrics),
    trivial: () => meanPredictor('mean colour', 3),
    render: paint,
  };
}

function paint({ height, width, data: values }: Raster): RgbImage {
  const data = Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  return { height, width, channels: 3, data };
}
