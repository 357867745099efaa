import { z } from 'zod';
import {
  absoluteError,
  definePart,
  partSpec,
  tokens,
  type Deps,
  type HostTarget,
  type Raster,
  type RgbImage,
  type Task,
} from '../../core/index.js';
import { colorMap } from './color-map.js';
import { labelInfo, maskOf } from './labels.js';
import { metricNames, namedMetrics } from './metrics.js';
import { againstDirect, meanDistance, predictionLoss } from './prediction-loss.js';
import { meanPredictor } from './trivial.js';

const options = z.strictObject({
  label: z.string().default('depth').describe('Which labels of the data set to learn.'),
  loss: partSpec('loss').default('l1').describe('Loss against the labels: l1, mse, logL1, smoothL1, ssim.'),
  consistency: partSpec('loss')
    .default('l1')
    .describe('Loss of a transferred against the direct depth: l1 or ssim.'),
  metrics: metricNames(['absolute', 'relative', 'rmse', 'rmseLog', 'delta1', 'delta2', 'delta3']),
});

/** One number per pixel: metres, or 1/metres where the data set gives inverse depth. Labels of 0 are missing. */
export const depth = definePart({
  description: 'Depth estimation: one number per pixel, metres or inverse metres as the data set gives it.',
  options,
  create: (settings, deps) => createDepth(settings, deps),
});

function createDepth(settings: z.output<typeof options>, deps: Deps): Task {
  const info = labelInfo(deps, settings.label, 'scalar');
  const loss = predictionLoss(deps, 'loss', settings.loss);
  const consistency = predictionLoss(deps, 'consistency', settings.consistency);
  return {
    name: deps.get(tokens.taskName),
    kind: 'regression',
    channels: 1,
    targetChannels: 1,
    targetSize: (image) => image,
    target(sample): HostTarget | undefined {
      const labels = sample.labels[settings.label];
      return labels && { value: labels, mask: maskOf(labels.data, (value) => value > 0) };
    },
    loss: (prediction, target) => loss.compute(prediction, target),
    transfer: {
      input: (prediction) => prediction,
      loss: (transferred, reference) => againstDirect(consistency, transferred, reference),
      energy: meanDistance,
    },
    decode: (prediction) => prediction.clone(),
    decoded: info,
    metrics: () => namedMetrics(deps, settings.metrics),
    trivial: () => meanPredictor('mean depth'),
    error: absoluteError(info.unit),
    render: (values, mask) => paint(values, info.range, mask),
  };
}

function paint(values: Raster, [low, high]: readonly [number, number], mask?: Uint8Array): RgbImage {
  const data = new Uint8Array(values.data.length * 3);
  values.data.forEach((value, pixel) => {
    if (mask?.[pixel] !== 0) data.set(colorMap((value - low) / (high - low)), pixel * 3);
  });
  return { height: values.height, width: values.width, channels: 3, data };
}
