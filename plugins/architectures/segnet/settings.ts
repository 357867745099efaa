import * as tf from '@tensorflow/tfjs';
import {
  badValue,
  Conv2d,
  requireMultiples,
  type ArchitectureContext,
  type BackboneStage,
  type Task,
} from '../../../core/index.js';
import { expectPixels, makePart, type PartSettings } from '../common/parts.js';

/** What a network of the SegNet family is made of. */
export interface SegNetSettings extends PartSettings {
  readonly tasks: readonly Task[];
  readonly stages: readonly BackboneStage[];
}

/**
 * @param architecture its name in the config
 * @throws MtlError where the backbone has not SegNet’s stages, a task predicts once per image, or the image cannot be halved so often
 */
export function segNetSettings(
  architecture: string,
  { tasks, backbone, ...context }: ArchitectureContext,
): SegNetSettings {
  const { stages } = backbone;
  if (!stages) {
    throw badValue('CONFIG_INVALID', {
      what: 'backbone',
      expected: `one with SegNet’s stages for the architecture ${architecture}`,
      found: 'one without',
      fix: 'set `backbone: segnet`',
    });
  }
  expectPixels(architecture, tasks);
  requireMultiples(context.size, 2 ** stages.length, 'a SegNet');
  return { ...context, tasks, stages };
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
