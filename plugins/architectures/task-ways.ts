import type * as tf from '@tensorflow/tfjs';
import type { Features, FeatureShapes, NetworkOutput, PassOptions } from '../../core/index.js';

/** A task's encoder, which others may share, and its head on it. */
export interface TaskWay {
  readonly name: string;
  readonly encoder: tf.LayersModel;
  readonly decoder: tf.LayersModel;
}

/**
 * What heads make of their encoders' maps, by task.
 * @param mapsOf what a way's encoder gives, finest first
 * @param besides what else its head is fed
 */
export function wayOutputs(
  ways: readonly TaskWay[],
  mapsOf: (way: TaskWay) => tf.Tensor[],
  { training, features }: PassOptions,
  besides: (way: TaskWay) => tf.Tensor[] = () => [],
): NetworkOutput {
  const direct: Record<string, tf.Tensor4D> = {};
  const found: Record<string, Features[string]> = {};
  for (const way of ways) {
    const maps = mapsOf(way);
    const [prediction, decoded] = way.decoder.apply([...maps, ...besides(way)], {
      training,
    }) as tf.Tensor4D[];
    direct[way.name] = prediction!;
    if (features) found[way.name] = { bottleneck: maps.at(-1) as tf.Tensor4D, decoded: decoded! };
    // It would be held beside all that follows.
    else decoded!.dispose();
  }
  return features ? { direct, features: found } : { direct };
}

/** The shapes of the maps on those ways. */
export function wayShapes(ways: readonly TaskWay[]): FeatureShapes {
  const shape = (map: tf.SymbolicTensor) => map.shape.slice(1) as [number, number, number];
  return Object.fromEntries(
    ways.map(({ name, encoder, decoder }) => [
      name,
      { bottleneck: shape(encoder.outputs.at(-1)!), decoded: shape(decoder.outputs[1]!) },
    ]),
  );
}
