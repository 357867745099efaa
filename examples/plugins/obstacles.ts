/**
 * A task of one's own: is there something nearer than a given distance? Two classes per pixel, made from the depth
 * labels that a data set has anyway. In a config:
 *
 *     plugins: [./plugins/obstacles.ts]
 *     tasks: { segmentation: {}, depth: {}, obstacles: { nearerThan: 10 } }
 */
import * as tf from '@tensorflow/tfjs';
import {
  badValue,
  crossEntropyMap,
  definePart,
  definePlugin,
  maskedMean,
  smoothedOneHot,
  tokens,
  type Raster,
  type RgbImage,
  type Task,
  type TrivialPredictor,
} from 'crosstask';
import { z } from 'zod';

const options = z.strictObject({
  label: z.string().default('depth').describe('Depth labels of the data set, in metres.'),
  nearerThan: z.number().positive().default(10).describe('Metres.'),
});

const obstacles = definePart({
  description: 'Whether something is nearer than a distance: two classes per pixel, from depth labels.',
  options,
  create({ label, nearerThan }, deps): Task {
    const name = deps.get(tokens.taskName);
    const info = deps.get(tokens.data).labels[label];
    if (info?.kind !== 'scalar' || info.unit !== 'm') {
      throw badValue('CONFIG_INVALID', {
        what: `tasks.${name}.label`,
        expected: 'depth labels in metres',
        found: info ? `${info.kind} labels` : `"${label}", which the data set does not have`,
      });
    }
    const isNear = (metres: number): number => (metres < nearerThan ? 1 : 0);
    return {
      name,
      kind: 'classification',
      channels: 2,
      targetChannels: 1,
      targetSize: (image) => image,
      target(sample) {
        const depth = sample.labels[label];
        if (!depth) return undefined;
        return {
          value: { ...depth, data: Uint8Array.from(depth.data, isNear) },
          mask: Uint8Array.from(depth.data, (metres) => (metres > 0 ? 1 : 0)),
        };
      },
      loss: (scores, { value, mask }) =>
        tf.tidy(() => maskedMean(crossEntropyMap(scores, smoothedOneHot(value, 2)), mask)),
      transfer: {
        input: (scores) => tf.logSoftmax(scores, 3),
        loss: (transferred, { value, mask }) =>
          tf.tidy(() => {
            const losses = crossEntropyMap(transferred, tf.softmax(value, 3));
            return maskedMean(losses, mask ?? tf.onesLike(losses));
          }),
        // KL(softmax(direct) ‖ softmax(transferred)).
        energy: (transferred, direct) =>
          tf.tidy(() => {
            const probabilities = tf.softmax(direct, 3);
            const entropy = crossEntropyMap(direct, probabilities);
            return tf.sub(crossEntropyMap(transferred, probabilities), entropy);
          }),
      },
      decode: (scores) => tf.tidy(() => tf.expandDims(tf.argMax(scores, 3), 3)),
      metrics: () => {
        const registry = deps.get(tokens.registry);
        return [
          registry.create('metric', { name: 'miou', classes: 2 }, deps),
          registry.create('metric', 'pixelAccuracy', deps),
        ];
      },
      trivial: majority,
      render: blackAndWhite,
    };
  },
});

function blackAndWhite({ height, width, data: ids }: Raster): RgbImage {
  const data = new Uint8Array(height * width * 3);
  ids.forEach((id, pixel) => data.fill(id ? 255 : 0, 3 * pixel, 3 * pixel + 3));
  return { height, width, channels: 3, data };
}

export default definePlugin({ name: 'obstacles', tasks: { obstacles } });

/** Whichever of the two more pixels are. */
function majority(): TrivialPredictor {
  let [near, far] = [0, 0];
  return {
    name: 'majority',
    update({ value, mask }) {
      value.data.forEach((isIt, pixel) => {
        if (!mask[pixel]) return;
        if (isIt) near += 1;
        else far += 1;
      });
    },
    compute: () => [near > far ? 1 : 0],
  };
}
