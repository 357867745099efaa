import * as tf from '@tensorflow/tfjs';
import type { ConsistencyLoss, Target, Task, TransferTask } from '../contracts/index.js';

/** A transferred prediction: the one that starts at `from` and predicts `to`. */
export interface Transferred {
  readonly from: TransferTask;
  readonly to: TransferTask;
  /** ŷ_{from→to}, [batch, height, width, channels of `to`] */
  readonly prediction: tf.Tensor4D;
}

/** A round trip: what comes back to a task whose prediction was transferred to another one. */
export interface Cycled {
  /** t, where it starts and ends. */
  readonly task: TransferTask;
  /** s, the task between. */
  readonly through: TransferTask;
  /** ŷ_{t→s→t}, [batch, height, width, channels of `task`] */
  readonly prediction: tf.Tensor4D;
}

/** How transferred predictions enter the tasks' losses. */
export interface Consistency {
  readonly loss: ConsistencyLoss;
  /** λ_t by task, 0–1. */
  readonly lambda: Readonly<Record<string, number>>;
  /** Epochs, or a part of one, in which every λ_t grows from 0 to what it is. Default 0. */
  readonly warmup?: number | undefined;
  /** γ: weight of the round trips t → s → t beside the edges, at least 0. Default 0: there are none. */
  readonly cycles?: number | undefined;
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
  /** ℓ_{t→s→t} by the task s between */
  readonly cycled: Readonly<Record<string, tf.Scalar>>;
}

/** One batch's predictions and labels. */
export interface ObjectiveArgs {
  readonly tasks: readonly Task[];
  readonly predictions: Readonly<Record<string, tf.Tensor4D>>;
  readonly targets: Readonly<Record<string, Target>>;
  readonly transferred: readonly Transferred[];
  /** Absent: none. */
  readonly cycled?: readonly Cycled[] | undefined;
  /** Absent: L_t = ℓ_t. */
  readonly consistency?: Consistency | undefined;
}

/**
 * The loss of each task (paper eq. 11, for any number of tasks, and with round trips):
 * L_t = (1 − λ_t) ℓ_t(ŷ_t, y_t) + λ_t · (mean over the edges t → s of ℓ_{t→s} + γ · mean over s of ℓ_{t→s→t}).
 * The transferred term that belongs to task t is the one that *starts* at t: its gradient passes decoder t. A task
 * that no edge leaves keeps its direct loss whole.
 */
export function taskLosses(args: ObjectiveArgs): Readonly<Record<string, TaskLoss>> {
  return Object.fromEntries(args.tasks.map((task) => [task.name, lossOf(task, args)]));
}

function lossOf(task: Task, args: ObjectiveArgs): TaskLoss {
  const { predictions, targets, consistency, cycled = [] } = args;
  const direct = task.loss(predictions[task.name]!, targets[task.name]!);
  const leaving = consistency ? args.transferred.filter(({ from }) => from.name === task.name) : [];
  if (!consistency || leaving.length === 0) return { total: direct, direct, transferred: {}, cycled: {} };
  const held = (to: TransferTask, transferred: tf.Tensor4D): tf.Scalar =>
    consistency.loss.compute({
      task: to,
      transferred,
      direct: predictions[to.name]!,
      target: targets[to.name]!,
    });
  const onEdges = leaving.map(({ to, prediction }) => [to.name, held(to, prediction)] as const);
  const onCycles = cycled
    .filter(({ task: { name } }) => name === task.name)
    .map(({ task: own, through, prediction }) => [through.name, held(own, prediction)] as const);
  const { lambda, cycles = 0 } = consistency;
  const weight = lambda[task.name]!;
  const edges = meanOf(onEdges);
  const term = onCycles.length === 0 ? edges : tf.add<tf.Scalar>(edges, tf.mul(meanOf(onCycles), cycles));
  return {
    total: tf.add<tf.Scalar>(tf.mul(direct, 1 - weight), tf.mul(term, weight)),
    direct,
    transferred: Object.fromEntries(onEdges),
    cycled: Object.fromEntries(onCycles),
  };
}

function meanOf(terms: readonly (readonly [name: string, loss: tf.Scalar])[]): tf.Scalar {
  return tf.div<tf.Scalar>(tf.addN(terms.map(([, loss]) => loss)), terms.length);
}
