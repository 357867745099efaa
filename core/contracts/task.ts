import type * as tf from '@tensorflow/tfjs';
import type { DecodedInfo, Sample } from './dataset.js';
import type { Json } from './json.js';
import type { Metric } from './metric.js';
import type { Raster, RgbImage, Size } from './raster.js';

/** A batch's labels for one task, on the engine. */
export interface Target {
  /** [batch, height, width, channels of the label]; zero where masked. */
  readonly value: tf.Tensor4D;
  /** [batch, height, width, 1], 1 = labelled, 0 = not. All zero for a sample that lacks this task's labels. */
  readonly mask: tf.Tensor4D;
}

/** One sample's labels for one task, on the host. */
export interface HostTarget {
  /** Where masked, whatever stands there. */
  readonly value: Raster;
  /** One number per pixel of `value`, 1 = labelled, 0 = not. */
  readonly mask: Uint8Array;
}

/** What a task-transferred prediction is held against (METHOD: ℓ_{s→t}, cross-task consistency). */
export interface Reference {
  /** The task's direct prediction, cut off from the gradient. [batch, height, width, channels] */
  readonly value: tf.Tensor4D;
  /** [batch, height, width, 1]; null where every pixel counts. */
  readonly mask: tf.Tensor4D | null;
  /** For class scores: the whole distribution (eq. 13) or its most likely class alone. */
  readonly target: 'soft' | 'hard';
  /** ε of a hard target: 1 − ε for its class, ε/(C − 1) for the others. */
  readonly labelSmoothing: number;
}

/** A predictor that looks at no image, to be set beside a trained one. */
export interface TrivialPredictor {
  /** E.g. `majority class`. */
  readonly name: string;
  /** Learns from one sample's labels. */
  update(target: HostTarget): void;
  /** The decoded prediction of every pixel, one number per channel. */
  compute(): readonly number[];
}

/** What a task needs for the consistency with others. */
export interface TaskTransfer {
  /** What a transfer net that starts here is fed: log-softmax of class scores, a depth as it is. */
  input(prediction: tf.Tensor4D): tf.Tensor4D;
  /** ℓ_{s→t}: a transferred prediction against this task's direct one. */
  loss(transferred: tf.Tensor4D, reference: Reference): tf.Scalar;
  /**
   * How far a transferred prediction is from the direct one, per pixel: at least 0, and 0 where they agree.
   * [batch, height, width, 1]
   */
  energy(transferred: tf.Tensor4D, direct: tf.Tensor4D): tf.Tensor4D;
}

/** What a task learns from its training labels before the first step, e.g. weights of classes by their frequency. */
export interface TargetStatistics {
  /** Told every labelled sample of the training split, unaugmented, once. */
  observe(target: HostTarget): void;
  /** What came out; kept in checkpoints. */
  readonly values: Readonly<Record<string, Json>>;
  /** Takes what came out of an earlier run's `values`. */
  restore(values: Readonly<Record<string, Json>>): void;
}

/** How far off a decoded prediction is, pixel by pixel. */
export interface ErrorMeasure {
  /** Of the numbers, e.g. `m` or `°`; empty where they have none. */
  readonly unit: string;
  /** Whether 1 says that the pixel is wrong and 0 that it is right, or how wrong it is. */
  readonly kind: 'wrong' | 'amount';
  /** @returns one number of at least 0 for each pixel */
  measure(prediction: Raster, target: Raster): Float32Array;
}

/** One thing predicted per image. */
export interface Task {
  /** Its key in batches, metrics and config. */
  readonly name: string;
  /** What its loss is, for weighters that treat the two apart. */
  readonly kind: 'classification' | 'regression';
  /**
   * Whether it predicts once per image: a pooled head gives [batch, 1, 1, channels]. Absent = once per pixel, at the
   * image's size.
   */
  readonly pooled?: boolean;
  /** Channels that its head gives, e.g. the number of classes. */
  readonly channels: number;
  /** Channels of its target and of its decoded prediction, e.g. 1 for class ids. */
  readonly targetChannels: number;
  /** Size of its target for an image of this size. */
  targetSize(image: Size): Size;
  /** This task's labels in a sample; undefined where the sample has none. */
  target(sample: Sample): HostTarget | undefined;
  /** ℓ_t: mean over labelled pixels, 0 where there is none. */
  loss(prediction: tf.Tensor4D, target: Target): tf.Scalar;
  /** Absent: the task is left out of the transfer graph. */
  readonly transfer?: TaskTransfer;
  /** Absent: the task needs to know nothing about its data before it learns. */
  readonly statistics?: TargetStatistics;
  /**
   * The head's output as a value of the target's kind: class ids for scores. [batch, height, width, targetChannels].
   * What stands at a pixel depends on the prediction there alone: large pictures are decoded strip by strip.
   */
  decode(prediction: tf.Tensor4D): tf.Tensor4D;
  /**
   * What `decode` gives, for files and other sizes. Absent: where it gives int32, ids; numbers of no unit and any range
   * otherwise.
   */
  readonly decoded?: DecodedInfo;
  /** Fresh metrics; the first is the one that stands for the task. */
  metrics(): readonly Metric[];
  /** A fresh predictor that has learnt nothing yet. */
  trivial(): TrivialPredictor;
  /** For pictures of errors. Absent: class ids are right or wrong, and of numbers the absolute difference counts. */
  readonly error?: ErrorMeasure;
  /** A picture of a decoded prediction or a target; `mask` 0 = nothing there. */
  render(decoded: Raster, mask?: Uint8Array): RgbImage;
}

/** A task that can stand in the transfer graph. */
export type TransferTask = Task & { readonly transfer: TaskTransfer };
