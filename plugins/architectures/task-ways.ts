import type * as tf from '@tensorflow/tfjs';
import type { Features, FeatureShapes, NetworkOutput, PassOptions } from '../../core/index.js';

/** A task's head, on maps that other tasks may share. */
export interface TaskWay {
  readonly name: string;
  /** The last of the maps that the head is fed. */
  readonly coarsest: tf.SymbolicTensor;
  /** Maps → the prediction, and the map that it is made of. */
  readonly decoder: tf.LayersModel;
}

/**
 * What heads make of their maps, by task.
 * @param mapsOf what a way's head is fed, finest first
 * @param besides what else it is fed
 */
export function wayOutputs<Way extends TaskWay>(
  ways: readonly Way[],
  mapsOf: (way: Way) => tf.Tensor[],
  { training, features }: PassOptions,
  besides: (way: Way) => tf.Tensor[] = () => [],
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
    ways.map(({ name, coarsest, decoder }) => [
      name,
      { bottleneck: shape(coarsest), decoded: shape(decoder.outputs[1]!) },
    ]),
  );
}
