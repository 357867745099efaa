import * as tf from '@tensorflow/tfjs';
import type { Task } from '../../contracts/index.js';
import type { Model } from '../../model/index.js';
import { convert } from './convert.js';
import { fuse } from './fuse.js';
import type { Constant, Graph } from './graph.js';
import { trace, type Operand } from './trace.js';

/** The name of the input: [batch, height, width, 3], normalised. */
export const inputName = 'image';

/** The output of a task's head, e.g. its logits. */
export const predictionOutput = ({ name }: Pick<Task, 'name'>): string => name;

/** The same as a value of the labels' kind, e.g. class ids. */
export const decodedOutput = ({ name }: Pick<Task, 'name'>): string => `${name}.decoded`;

/** What one task's prediction says about another. */
export const transferredOutput = (from: Pick<Task, 'name'>, to: Pick<Task, 'name'>): string =>
  `transfer.${from.name}-${to.name}`;

/** A model's outputs for a batch, by name. @param image [batch, height, width, 3], normalised */
export function outputsOf(
  model: Model,
  image: tf.Tensor4D,
  transfer: boolean,
): Readonly<Record<string, tf.Tensor4D>> {
  const { direct, transferred } = model.forward(image, { training: false, transfer });
  return Object.fromEntries([
    ...model.tasks.map((task) => [predictionOutput(task), direct[task.name]!] as const),
    ...model.tasks.map((task) => [decodedOutput(task), task.decode(direct[task.name]!)] as const),
    ...transferred.map(({ from, to, prediction }) => [transferredOutput(from, to), prediction] as const),
  ]);
}

/** What goes in or comes out; −1 stands for the size of the batch. */
export interface Port {
  readonly dtype: Constant['dtype'];
  readonly shape: readonly number[];
}

/** A graph, and by name what it takes and gives. */
export interface ModelGraph {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Port>>;
  readonly outputs: Readonly<Record<string, Port>>;
}

/**
 * A model's way from a batch of images to its outputs, as operations of TensorFlow.
 * @param options size of the images; whether the transfer nets belong to it
 * @throws MtlError `EXPORT_UNSUPPORTED` naming an operation of a part that has no counterpart
 */
export async function graphOf(
  model: Model,
  {
    height,
    width,
    transfer,
  }: { readonly height: number; readonly width: number; readonly transfer: boolean },
): Promise<ModelGraph> {
  const names = new Map(Object.entries(model.state.tensors).map(([name, { id }]) => [id, name]));
  const image = tf.zeros<tf.Rank.R4>([1, height, width, 3]);
  try {
    const traced = await trace(image, () => outputsOf(model, image, transfer), names);
    const input = { name: inputName, shape: [-1, height, width, 3] };
    return {
      graph: fuse(convert(traced, input)),
      inputs: { [inputName]: { dtype: 'float32', shape: input.shape } },
      outputs: Object.fromEntries(
        Object.entries(traced.outputs).map(([name, operand]) => [name, portOf(operand)]),
      ),
    };
  } finally {
    image.dispose();
  }
}

function portOf(operand: Operand): Port {
  const { dtype, shape } = operand.kind === 'value' ? operand : operand.constant;
  return { dtype, shape: [-1, ...shape.slice(1)] };
}
