import * as tf from '@tensorflow/tfjs';
import {
  badValue,
  initialize,
  xavierNormal,
  type Distribution,
  type Features,
  type FeatureShapes,
  type KernelScale,
  type NetworkOutput,
  type PartContext,
  type PassOptions,
  type Task,
} from '../../../core/index.js';

/** What the parts of a network have in common. */
export type PartSettings = Omit<PartContext, 'name'> & {
  /** Standard deviation of the kernels. Default Xavier's. */
  readonly scale?: KernelScale;
  /** What the kernels are drawn from. Default normal. */
  readonly distribution?: Distribution;
};

/** @throws MtlError `CONFIG_INVALID` where a task predicts once per image */
export function expectPixels(architecture: string, tasks: readonly Task[]): void {
  const pooled = tasks.find((task) => task.pooled);
  if (!pooled) return;
  throw badValue('CONFIG_INVALID', {
    what: `tasks.${pooled.name}`,
    expected: `a task with a prediction per pixel for the architecture ${architecture}`,
    found: 'one with a prediction per image',
    fix: 'set `architecture: shared` or `single`, which have heads for it',
  });
}

/** A part of a network, with its initial values. */
export function makePart(
  name: string,
  inputs: tf.SymbolicTensor | readonly tf.SymbolicTensor[],
  outputs: tf.SymbolicTensor | readonly tf.SymbolicTensor[],
  { initialize: fresh, seed, scale = xavierNormal, distribution = 'normal' }: PartSettings,
): tf.LayersModel {
  const model = tf.model({
    inputs: inputs as tf.SymbolicTensor | tf.SymbolicTensor[],
    outputs: outputs as tf.SymbolicTensor | tf.SymbolicTensor[],
    name,
  });
  if (fresh) initialize(name, model, scale, seed, distribution);
  return model;
}

/** A part's outputs, one or several. */
export function outputsOf(
  part: tf.LayersModel,
  inputs: tf.Tensor | readonly tf.Tensor[],
  training: boolean,
): tf.Tensor[] {
  const outputs = part.apply(inputs as tf.Tensor | tf.Tensor[], { training });
  return (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[];
}

/** Maps in the order of the tasks. */
interface MapLists<T> {
  readonly bottlenecks: readonly T[];
  /** What the heads are fed. */
  readonly decoded: readonly T[];
}

/** What the heads make of their maps, and the maps, by task. */
export function headOutputs(
  tasks: readonly Task[],
  heads: readonly tf.LayersModel[],
  { bottlenecks, decoded }: MapLists<tf.Tensor>,
  { training, features }: PassOptions,
): NetworkOutput {
  const direct = Object.fromEntries(
    tasks.map(({ name }, index) => [name, heads[index]!.apply(decoded[index]!, { training }) as tf.Tensor4D]),
  );
  if (!features) return { direct };
  const maps = tasks.map(({ name }, index) => [
    name,
    { bottleneck: bottlenecks[index]!, decoded: decoded[index]! },
  ]);
  return { direct, features: Object.fromEntries(maps) as Features };
}

/** The shapes of those maps. */
export function shapesOf(
  tasks: readonly Task[],
  { bottlenecks, decoded }: MapLists<tf.SymbolicTensor>,
): FeatureShapes {
  const shape = (map: tf.SymbolicTensor) => map.shape.slice(1) as [number, number, number];
  return Object.fromEntries(
    tasks.map(({ name }, index) => [
      name,
      { bottleneck: shape(bottlenecks[index]!), decoded: shape(decoded[index]!) },
    ]),
  );
}

/** Parts by their names. */
export function partsByName(parts: readonly tf.LayersModel[]): Record<string, tf.LayersModel> {
  return Object.fromEntries(parts.map((part) => [part.name, part]));
}
