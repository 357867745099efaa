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
import { colorMap } from './color-map.js';
import { imageLabel, labelInfo, maskOf } from './labels.js';
import { metricNames, namedMetrics } from './metrics.js';
import { predictionLoss } from './prediction-loss.js';
import { majorityClass } from './trivial.js';

const options = z.strictObject({
  label: imageLabel,
  loss: partSpec('loss').default('crossEntropy').describe('Loss against the labels.'),
  metrics: metricNames(['accuracy', 'meanAccuracy']),
});

/**
 * One class for the whole image. Predictions are scores (logits), [batch, 1, 1, classes]. It stands in no transfer
 * graph, whose nets map pixels to pixels.
 */
export const classification = definePart({
  description: 'Classification: one class per image.',
  options,
  create: (settings, deps) => createClassification(settings, deps),
});

function createClassification(settings: z.output<typeof options>, deps: Deps): Task {
  const name = deps.get(tokens.taskName);
  const label = settings.label ?? name;
  const info = labelInfo(deps, label, 'imageClass');
  const classes = info.names.length;
  const loss = predictionLoss(deps, 'loss', settings.loss);
  return {
    name,
    kind: 'classification',
    pooled: true,
    channels: classes,
    targetChannels: 1,
    targetSize: () => ({ height: 1, width: 1 }),
    target(sample): HostTarget | undefined {
      const value = sample.labels[label];
      return value && { value, mask: maskOf(value.data, () => true) };
    },
    loss: (prediction, target) => loss.compute(prediction, target),
    decode: (prediction) => tf.tidy(() => tf.expandDims(tf.argMax(prediction, 3), 3)),
    decoded: info,
    metrics: () =>
      namedMetrics(deps, settings.metrics, (metric) => (metric === 'meanAccuracy' ? { classes } : {})),
    trivial: () => majorityClass(classes),
    render: (ids, mask) => paint(ids, classes, mask),
  };
}

/** One pixel, in a colour of its own for each class. */
function paint({ data: ids }: Raster, classes: number, mask?: Uint8Array): RgbImage {
  const color = mask?.[0] === 0 ? [0, 0, 0] : colorMap(ids[0]! / Math.max(1, classes - 1));
  return { height: 1, width: 1, channels: 3, data: Uint8Array.from(color) };
}
