import * as tf from '@tensorflow/tfjs';
import type { Optimizer, Target, Weighter } from '../contracts/index.js';
import type { HostBatch } from '../data/index.js';
import { keepingStatistics } from '../layers/index.js';
import type { Model } from '../model/index.js';
import { taskLosses, type Consistency } from '../objective/index.js';
import { averageStatistics } from '../world/statistics.js';
import { onPart } from '../world/current.js';
import { clipByGlobalNorm } from './clip.js';
import type { GradientDiagnostics } from './diagnostics.js';
import { differentiate, type LossTerms } from './differentiate.js';
import type { LossValues } from './events.js';
import { NotFiniteError } from './not-finite.js';
import { readScalars } from './read-scalars.js';

/** What takes part in a step. */
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

/** What a step did. */
export interface StepResult {
  /** Before the step's update. */
  readonly losses: Readonly<Record<string, LossValues>>;
  /** Where they were asked for. */
  readonly diagnostics?: GradientDiagnostics;
  readonly times: StepTimes;
}

/** What a transferred term is called beside `total` and `direct`. */
const towards = 'to ';

/** Takes one optimisation step at a time: forward, losses, weighter, clipping, optimizer. */
export class Stepper {
  constructor(private readonly args: StepperArgs) {}

  /**
   * @param diagnose whether the tasks' gradients are compared, too
   * @param index of the step, for what a network draws at random
   * @throws MtlError `LOSS_NOT_FINITE`, `GRADIENT_NOT_FINITE` naming the task; nothing of the model is changed then.
   */
  async step(batch: HostBatch, learningRate: number, diagnose = false, index = 0): Promise<StepResult> {
    const { model, weighter, optimizer, clipNorm } = this.args;
    const { losses, gradients, norm, times, diagnostics } = await this.keepingModel(() =>
      differentiate({
        forward: () => this.forward(batch, index),
        weighter,
        parameters: model.parameters,
        diagnose,
      }),
    );
    averageStatistics(Object.values(model.statistics), batch.part);
    const started = performance.now();
    let applied = gradients;
    try {
      if (clipNorm !== null) {
        const clipped = clipByGlobalNorm(gradients, clipNorm, norm);
        tf.dispose([gradients, clipped.norm]);
        applied = clipped.gradients;
      }
      const moves = Object.keys(applied).length > 0;
      if (moves) optimizer.step({ ...model.parameters, ...weighter.parameters }, applied, learningRate);
    } finally {
      tf.dispose(applied);
    }
    const update = performance.now() - started;
    await weighter.afterStep?.(() => this.lossesOf(batch, index));
    return {
      losses: valuesOf(losses),
      times: { ...times, update },
      ...(diagnostics ? { diagnostics } : {}),
    };
  }

  /** A forward pass moves batch norm's statistics: where its numbers are none, they would be none from then on. */
  private async keepingModel<T>(work: () => Promise<T>): Promise<T> {
    const statistics = Object.values(this.args.model.statistics);
    const before = statistics.map((statistic) => statistic.clone());
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotFiniteError)
        statistics.forEach((statistic, at) => statistic.assign(before[at]!));
      throw error;
    } finally {
      tf.dispose(before);
    }
  }

  /** L_t of a batch with the parameters as they are; changes nothing. */
  private lossesOf(batch: HostBatch, index: number): Promise<number[]> {
    return readScalars(
      () => Object.values(keepingStatistics(() => this.forward(batch, index))).map(({ total }) => total),
      true,
    );
  }

  private forward(batch: HostBatch, step: number): Readonly<Record<string, LossTerms>> {
    return onPart(batch.part, () => this.lossTerms(batch, step));
  }

  private lossTerms(batch: HostBatch, step: number): Readonly<Record<string, LossTerms>> {
    const { model, consistency } = this.args;
    const image = tf.tensor4d(batch.image, [...batch.shape]);
    const targets = Object.fromEntries(
      Object.entries(batch.targets).map(([task, { value, mask, shape }]): [string, Target] => [
        task,
        { value: tf.tensor4d(value, [...shape]), mask: tf.tensor4d(mask, [shape[0], shape[1], shape[2], 1]) },
      ]),
    );
    const { direct, transferred } = model.forward(image, {
      training: true,
      transfer: consistency !== undefined,
      step,
    });
    const losses = taskLosses({ tasks: model.tasks, predictions: direct, targets, transferred, consistency });
    return Object.fromEntries(
      Object.entries(losses).map(([task, { total, direct: own, transferred: others }]) => {
        const named = Object.entries(others).map(([to, loss]) => [towards + to, loss] as const);
        return [task, { total, direct: own, ...Object.fromEntries(named) }];
      }),
    );
  }
}

function valuesOf(
  losses: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Record<string, LossValues> {
  return Object.fromEntries(
    Object.entries(losses).map(([task, { total, direct, ...others }]) => {
      const transferred = Object.entries(others).map(
        ([to, value]) => [to.slice(towards.length), value] as const,
      );
      return [task, { total: total!, direct: direct!, transferred: Object.fromEntries(transferred) }];
    }),
  );
}
