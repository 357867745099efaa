import * as tf from '@tensorflow/tfjs';
import type { Raster, Task } from '../contracts/index.js';
import type { HostBatch } from '../data/index.js';
import type { Model, Predictions } from '../model/index.js';
import { consistencyEnergy } from './energy.js';

/** What the prediction of one task says about another. */
export interface DecodedTransfer {
  /** Names of tasks. */
  readonly from: string;
  readonly to: string;
  /** As `ImagePrediction.direct` of the task `to`. */
  readonly decoded: Raster;
}

/** What a model says about one image. */
export interface ImagePrediction {
  /** By task, as `Task.decode` gives it: class ids, depths …; for `Task.render` and metrics. */
  readonly direct: Readonly<Record<string, Raster>>;
  /** Empty where it was not asked for, or the model has no transfer nets. */
  readonly transferred: readonly DecodedTransfer[];
  /** Consistency energy per pixel, at least 0; with transferred predictions alone. */
  readonly energy?: Raster<Float32Array>;
}

/** A decoded prediction of a whole batch on the host. */
export interface Fetched {
  readonly data: Float32Array | Int32Array;
  readonly shape: tf.Tensor4D['shape'];
}

/**
 * A model's predictions for a batch of images.
 * @param images [batch, height, width, 3] in `shape`, normalised as a `HostBatch`'s
 * @param options whose `transfer` asks for transferred predictions and their energy, too
 * @returns one for each image, in their order
 */
export function predictImages(
  model: Model,
  { image, shape }: Pick<HostBatch, 'image' | 'shape'>,
  { transfer }: { readonly transfer: boolean },
): Promise<readonly ImagePrediction[]> {
  return decodedImages(model.tasks, () =>
    model.forward(tf.tensor4d(image, [...shape]), { training: false, transfer }),
  );
}

/**
 * Predictions decoded and fetched, image by image.
 * @param tasks whose direct predictions are wanted
 * @param predict run in a tidy
 */
export async function decodedImages(
  tasks: readonly Task[],
  predict: () => Predictions,
): Promise<readonly ImagePrediction[]> {
  const { direct, edges, transferred, energy } = await decodedBatch(tasks, predict);
  return Array.from({ length: direct[0]?.shape[0] ?? 0 }, (_, index) => ({
    direct: Object.fromEntries(tasks.map(({ name }, task) => [name, part(direct[task]!, index)])),
    transferred: edges.map((edge, at) => ({ ...edge, decoded: part(transferred[at]!, index) })),
    ...(energy ? { energy: part(energy, index) as Raster<Float32Array> } : {}),
  }));
}

/** What a model says about a batch, decoded. */
export interface DecodedBatch {
  /** In the tasks' order. */
  readonly direct: readonly Fetched[];
  /** Of the transferred predictions. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** In the edges' order. */
  readonly transferred: readonly Fetched[];
  readonly energy: Fetched | undefined;
}

/**
 * Predictions decoded and fetched, the whole batch.
 * @param tasks whose direct predictions are wanted
 * @param predict run in a tidy
 */
export async function decodedBatch(
  tasks: readonly Task[],
  predict: () => Predictions,
): Promise<DecodedBatch> {
  const edges: { readonly from: string; readonly to: string }[] = [];
  const tensors = tf.tidy(() => {
    const predictions = predict();
    for (const { from, to } of predictions.transferred) edges.push({ from: from.name, to: to.name });
    return decoded(tasks, predictions);
  });
  try {
    const direct = await Promise.all(tensors.direct.map(fetched));
    const transferred = await Promise.all(tensors.transferred.map(fetched));
    const energy = tensors.energy && (await fetched(tensors.energy));
    return { direct, edges, transferred, energy };
  } finally {
    tf.dispose([...tensors.direct, ...tensors.transferred]);
    tensors.energy?.dispose();
  }
}

function decoded(tasks: readonly Task[], predictions: Predictions) {
  return {
    direct: tasks.map((task) => task.decode(predictions.direct[task.name]!)),
    transferred: predictions.transferred.map(({ to, prediction }) => to.decode(prediction)),
    energy: consistencyEnergy(predictions),
  };
}

async function fetched(tensor: tf.Tensor4D): Promise<Fetched> {
  return { data: await tensor.data<'float32' | 'int32'>(), shape: tensor.shape };
}

/** One image's part of a batch. */
function part({ data, shape: [, height, width, channels] }: Fetched, index: number): Raster {
  const length = height * width * channels;
  return { height, width, channels, data: data.subarray(index * length, (index + 1) * length) };
}
