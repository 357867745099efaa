import * as tf from '@tensorflow/tfjs';
import type { ConsistencyLoss, Target, Task, TransferTask } from '../contracts/index.js';

/** A transferred prediction: the one that starts at `from` and predicts `to`. */
export interface Transferred {
  readonly from: TransferTask;
  readonly to: TransferTask;
  /** ŷ_{from→to}, [batch, height, width, channels of `to`] */
  readonly prediction: tf.Tensor4D;
}

/** How transferred predictions enter the tasks' losses. */
export interface Consistency {
  readonly loss: ConsistencyLoss;
  /** λ_t by task, 0–1. */
  readonly lambda: Readonly<Record<string, number>>;
  /** Epochs, or a part of one, in which every λ_t grows from 0 to what it is. Default 0. */
  readonly warmup?: number | undefined;
}

/**
 * The consistency of a step: λ_t grows linearly from 0 at the first one to what it is after `warmup` epochs. It depends
 * on the position alone, so that a resumed run needs nothing saved.
 * @param epoch epochs done, fractional within one
 */
export function consistencyAt(consistency: Consistency, epoch: number): Consistency {
  const { warmup = 0, lambda } = consistency;
  if (epoch >= warmup) return consistency;
  const grown = Object.entries(lambda).map(([task, value]) => [task, (value * epoch) / warmup] as const);
  return { ...consistency, lambda: Object.fromEntries(grown) };
}

/** The terms of one task's loss. */
export interface TaskLoss {
  /** L_t */
  readonly total: tf.Scalar;
  /** ℓ_t(ŷ_t, y_t) */
  readonly direct: tf.Scalar;
  /** ℓ_{t→s} by the task s that is predicted from t */
  readonly transferred: Readonly<Record<string, tf.Scalar>>;
}

/** One batch's predictions and labels. */
export interface ObjectiveArgs {
  readonly tasks: readonly Task[];
  readonly predictions: Readonly<Record<string, tf.Tensor4D>>;
  readonly targets: Readonly<Record<string, Target>>;
  readonly transferred: readonly Transferred[];
  /** Absent: L_t = ℓ_t. */
  readonly consistency?: Consistency | undefined;
}

/**
 * The loss of each task (paper eq. 11, for any number of tasks):
 * L_t = (1 − λ_t) ℓ_t(ŷ_t, y_t) + λ_t · mean over the edges t → s of ℓ_{t→s}.
 * The transferred term that belongs to task t is the one that *starts* at t: its gradient passes decoder t. A task
 * that no edge leaves keeps its direct loss whole.
 */
export function taskLosses(args: ObjectiveArgs): Readonly<Record<string, TaskLoss>> {
  return Object.fromEntries(
    args.tasks.map((task) => {
      const direct = task.loss(args.predictions[task.name]!, args.targets[task.name]!);
      const leaving = args.consistency ? args.transferred.filter(({ from }) => from.name === task.name) : [];
      if (!args.consistency || leaving.length === 0)
        return [task.name, { total: direct, direct, transferred: {} }];
      const { loss, lambda } = args.consistency;
      const terms = leaving.map(({ to, prediction }) =>
        loss.compute({
          task: to,
          transferred: prediction,
          direct: args.predictions[to.name]!,
          target: args.targets[to.name]!,
        }),
      );
      const weight = lambda[task.name]!;
      const mean = tf.div<tf.Scalar>(tf.addN(terms), terms.length);
      const total = tf.add<tf.Scalar>(tf.mul(direct, 1 - weight), tf.mul(mean, weight));
      return [
        task.name,
        {
          total,
          direct,
          transferred: Object.fromEntries(leaving.map(({ to }, index) => [to.name, terms[index]!])),
        },
      ];
    }),
  );
}
