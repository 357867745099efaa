import * as tf from '@tensorflow/tfjs';
import type { NamedGradients, Optimizer, Target, Weighter } from '../contracts/index.js';
import type { HostBatch } from '../data/index.js';
import { MtlError } from '../errors.js';
import type { Model } from '../model/index.js';
import { taskLosses, type Consistency, type TaskLoss } from '../objective/index.js';
import { clipByGlobalNorm } from './clip.js';
import type { LossValues } from './events.js';
import { TapeProblem } from './problem.js';
import { Tape } from './tape.js';

export interface StepperArgs {
  readonly model: Model;
  readonly consistency: Consistency | undefined;
  readonly weighter: Weighter;
  readonly optimizer: Optimizer;
  readonly clipNorm: number | null;
}

/** What one step took, in ms. An engine that computes in the background shows it where its results are read. */
export interface StepTimes {
  readonly forward: number;
  readonly backward: number;
  readonly update: number;
}

export interface StepResult {
  /** Before the step's update. */
  readonly losses: Readonly<Record<string, LossValues>>;
  readonly times: StepTimes;
}

/** Takes one optimisation step at a time: forward, losses, weighter, clipping, optimizer. */
export class Stepper {
  constructor(private readonly args: StepperArgs) {}

  /** @throws MtlError `LOSS_NOT_FINITE` naming the task; no parameter is changed then. */
  async step(batch: HostBatch, learningRate: number): Promise<StepResult> {
    const { model, weighter, optimizer, clipNorm } = this.args;
    const started = performance.now();
    const { tape, result } = Tape.record(() => this.forward(batch));
    const parameters = { ...model.parameters, ...weighter.parameters };
    const problem = new TapeProblem({
      tasks: model.tasks.map(({ name }) => name),
      losses: model.tasks.map(({ name }) => result.losses[name]!.total),
      tape,
      parameters: model.parameters,
      representation: result.representation,
    });
    let gradients: NamedGradients = {};
    try {
      const losses = await readLosses(result.losses);
      assertFinite(losses);
      const forwarded = performance.now();
      gradients = await weighter.update(problem);
      if (clipNorm !== null) {
        const clipped = clipByGlobalNorm(gradients, clipNorm);
        tf.dispose([gradients, clipped.norm]);
        gradients = clipped.gradients;
      }
      const differentiated = performance.now();
      optimizer.step(parameters, gradients, learningRate);
      const times = {
        forward: forwarded - started,
        backward: differentiated - forwarded,
        update: performance.now() - differentiated,
      };
      return { losses, times };
    } finally {
      problem.dispose();
      tf.dispose([gradients, result.losses, result.representation] as tf.TensorContainer[]);
    }
  }

  private forward(batch: HostBatch): {
    losses: Readonly<Record<string, TaskLoss>>;
    representation: tf.Tensor[];
  } {
    const { model, consistency } = this.args;
    const image = tf.tensor4d(batch.image, [...batch.shape]);
    const targets = Object.fromEntries(
      Object.entries(batch.targets).map(([task, { value, mask, shape }]): [string, Target] => [
        task,
        { value: tf.tensor4d(value, [...shape]), mask: tf.tensor4d(mask, [shape[0], shape[1], shape[2], 1]) },
      ]),
    );
    const { direct, transferred, representation } = model.forward(image, {
      training: true,
      transfer: consistency !== undefined,
    });
    const losses = taskLosses({ tasks: model.tasks, predictions: direct, targets, transferred, consistency });
    return { losses, representation: [...representation] };
  }
}

/** All terms in one read: each one waits for the engine. */
async function readLosses(losses: Readonly<Record<string, TaskLoss>>): Promise<Record<string, LossValues>> {
  const terms = Object.values(losses).flatMap(({ total, direct, transferred }) => [
    total,
    direct,
    ...Object.values(transferred),
  ]);
  const stacked = tf.stack(terms);
  const values = [...(await stacked.data())];
  stacked.dispose();
  return Object.fromEntries(
    Object.entries(losses).map(([task, { transferred }]) => [
      task,
      {
        total: values.shift()!,
        direct: values.shift()!,
        transferred: Object.fromEntries(Object.keys(transferred).map((to) => [to, values.shift()!])),
      },
    ]),
  );
}

function assertFinite(losses: Readonly<Record<string, LossValues>>): void {
  for (const [task, { total, direct, transferred }] of Object.entries(losses)) {
    if (Number.isFinite(total)) continue;
    const terms = [
      `direct ${direct}`,
      ...Object.entries(transferred).map(([to, value]) => `to ${to} ${value}`),
    ];
    throw new MtlError(
      'LOSS_NOT_FINITE',
      `The loss of task "${task}" is ${total} (${terms.join(', ')}); try a lower learning rate (train.optimizer.lr) or train.clipNorm`,
    );
  }
}
