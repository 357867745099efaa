/** The networks of test/oracles/peers.py and peers_resnets.py: the same parameters by name, the same inputs. */
import * as tf from '@tensorflow/tfjs';
import { assembleModel, type Model, type PartSpec, type Size, type Task } from '../../../core/index.js';
import { offers, registry } from '../../core/model/golden.js';
import { hashed } from '../../oracles/values.js';

const channels = { segmentation: 5, depth: 1 };

/** ‖·‖ and the products with two probes. */
export type Summary = readonly [norm: number, probe0: number, probe1: number];

export interface PeerCase {
  /** Which of the series of images. */
  readonly image: number;
  readonly losses: Readonly<Record<string, number>>;
  /** What the losses count in the sum that the gradients are of. */
  readonly weights: Readonly<Record<string, number>>;
  readonly predictions: Readonly<Record<string, Summary>>;
  readonly gradients: Readonly<Record<string, Summary>>;
  /** Moving statistics after the pass, by their product with probe 0. */
  readonly statistics: Readonly<Record<string, number>>;
}

/** [batch, height, width] */
export type Shape = readonly [number, number, number];

export const shape: Shape = [2, 32, 64];

/** A task as far as networks know it. */
export function taskOf(name: string, outputs: number): Task {
  return { name, channels: outputs, transfer: {} } as Task;
}

export interface PeerArgs {
  readonly architecture: PartSpec;
  readonly tasks?: readonly Task[];
  readonly backbone?: PartSpec;
  readonly size?: Size;
  readonly initialize?: boolean;
}

/** By default the oracle's tasks, image and width. */
export function buildPeer({
  architecture,
  tasks = Object.entries(channels).map(([name, outputs]) => taskOf(name, outputs)),
  backbone = { name: 'segnet', width: 4 },
  size = { height: shape[1], width: shape[2] },
  initialize = false,
}: PeerArgs): Model {
  return assembleModel({
    tasks,
    architecture: registry.create('architecture', architecture, offers()),
    backbone: registry.create('backbone', backbone, offers()),
    size,
    seed: 0,
    initialize,
  });
}

/** A parameter's value by its name, as peers.py has it. */
function initial(name: string, of: readonly number[]): Float32Array {
  const near = (middle: number, scale: number): Float32Array =>
    hashed(name, of, scale).map((value) => middle + value);
  if (name.endsWith('.kernel')) return hashed(name, of, Math.sqrt(6 / (of[0]! * of[1]! * of[2]!)));
  if (name.endsWith('.gamma')) return near(1, 0.2);
  if (name.endsWith('.weights')) return near(0.5, 0.4);
  return hashed(name, of, 0.1);
}

export function setByName(model: Pick<Model, 'parameters'>): void {
  for (const [name, parameter] of Object.entries(model.parameters)) {
    tf.tidy(() => parameter.assign(tf.tensor(initial(name, parameter.shape), parameter.shape)));
  }
}

export function imageOf(index: number, of: Shape = shape): tf.Tensor4D {
  return tf.tensor4d(hashed(`peers.image:${index}`, [...of, 3], 1.5), [...of, 3]);
}

/** mean(½ p² + p · h) with h by name. */
export function lossOf(task: string, prediction: tf.Tensor4D): tf.Scalar {
  const slope = tf.tensor(hashed(`peers.slope.${task}`, prediction.shape, 1), prediction.shape);
  return tf.mean(tf.add(tf.div(tf.square(prediction), 2), tf.mul(prediction, slope)));
}
