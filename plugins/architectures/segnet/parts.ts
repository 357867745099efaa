import * as tf from '@tensorflow/tfjs';
import {
  badValue,
  Conv2d,
  initialize,
  requireMultiples,
  xavierNormal,
  type ArchitectureContext,
  type BackboneStage,
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

/** What a network of the SegNet family is made of. */
export interface SegNetSettings extends PartSettings {
  readonly tasks: readonly Task[];
  readonly stages: readonly BackboneStage[];
}

/**
 * @param architecture its name in the config
 * @throws MtlError where the backbone has no stages, a task predicts once per image, or the image cannot be halved so often
 */
export function segNetSettings(
  architecture: string,
  { tasks, backbone, ...context }: ArchitectureContext,
): SegNetSettings {
  const { stages } = backbone;
  if (!stages) {
    throw badValue('CONFIG_INVALID', {
      what: 'backbone',
      expected: `one of several stages for the architecture ${architecture}`,
      found: 'one of a piece',
      fix: 'set `backbone: segnet`',
    });
  }
  expectPixels(architecture, tasks);
  requireMultiples(context.size, 2 ** stages.length, 'a SegNet');
  return { ...context, tasks, stages };
}

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

/** `head.TASK`: a 3×3 convolution that keeps the channels, then a 1×1 convolution to the task's; nothing between them. */
export function segNetHead(
  { name, channels }: Task,
  { shape }: tf.SymbolicTensor,
  settings: PartSettings,
): tf.LayersModel {
  const input = tf.input({ shape: shape.slice(1), name: 'feature' });
  const wide = new Conv2d({ name: 'conv1', filters: shape.at(-1)!, kernelSize: 3 }).apply(input);
  const head = new Conv2d({ name: 'conv2', filters: channels, kernelSize: 1 }).apply(wide);
  return makePart(`head.${name}`, input, head as tf.SymbolicTensor, settings);
}

/** Heads by task on one map each. */
export function segNetHeads(
  { tasks, ...settings }: SegNetSettings,
  features: readonly tf.SymbolicTensor[],
): readonly tf.LayersModel[] {
  return tasks.map((task, index) => segNetHead(task, features[index]!, settings));
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
