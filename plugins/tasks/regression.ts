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
import { meanPredictor } from './trivial.js';

const options = z.strictObject({
  label: imageLabel,
  loss: partSpec('loss').default('l1').describe('Loss against the labels: l1, mse, smoothL1, logL1.'),
  metrics: metricNames(['absolute', 'rmse', 'r2']),
});

/**
 * One number for the whole image, in the labels' unit, [batch, 1, 1, 1]. It stands in no transfer graph, whose nets
 * map pixels to pixels.
 */
export const regression = definePart({
  description: 'Regression: one number per image.',
  options,
  create: (settings, deps) => createRegression(settings, deps),
});

function createRegression(settings: z.output<typeof options>, deps: Deps): Task {
  const name = deps.get(tokens.taskName);
  const label = settings.label ?? name;
  const info = labelInfo(deps, label, 'imageNumber');
  const loss = predictionLoss(deps, 'loss', settings.loss);
  return {
    name,
    kind: 'regression',
    pooled: true,
    channels: 1,
    targetChannels: 1,
    targetSize: () => ({ height: 1, width: 1 }),
    target(sample): HostTarget | undefined {
      const value = sample.labels[label];
      return value && { value, mask: maskOf(value.data, Number.isFinite) };
    },
    loss: (prediction, target) => loss.compute(prediction, target),
    decode: (prediction) => prediction.clone(),
    decoded: info,
    metrics: () => namedMetrics(deps, settings.metrics),
    trivial: () => meanPredictor('mean'),
    render: paint,
  };
}

/** One pixel. The labels have no known range: 0 is dark, and |v|/(1 + |v|) of the way to bright is v. */
function paint({ data }: Raster, mask?: Uint8Array): RgbImage {
  const size = Math.abs(data[0]!);
  const color = mask?.[0] === 0 ? [0, 0, 0] : colorMap(size / (1 + size));
  return { height: 1, width: 1, channels: 3, data: Uint8Array.from(color) };
}
