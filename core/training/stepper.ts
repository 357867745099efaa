import * as tf from '@tensorflow/tfjs';
import type { NamedGradients, Optimizer, Target, Weighter } from '../contracts/index.js';
import type { HostBatch } from '../data/index.js';
import { keepingStatistics } from '../layers/index.js';
import type { Model } from '../model/index.js';
import { consistencyAt, taskLosses, type Consistency } from '../objective/index.js';
import { onPart } from '../world/current.js';
import { averageStatistics } from '../world/statistics.js';
import { Auxiliaries } from './auxiliaries.js';
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
  readonly optimizer: Pick<Optimizer, 'step'>;
  readonly clipNorm: number | null;
  /** Absent: none. */
  readonly auxiliaries?: Auxiliaries | undefined;
}

/** Which step is taken, and what it does besides. */
export interface StepOptions {
  /** Whether the tasks' gradients are compared, too. Default false. */
  readonly diagnose?: boolean;
  /** Steps taken before it, for what a network draws at random. Default 0. */
  readonly index?: number;
  /** Epochs done, fractional within one, for what grows in a warm-up; by default past it. */
  readonly epoch?: number;
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

/** What a transferred term, a round trip and an auxiliary's term are called beside `total` and `direct`. */
const [towards, back, added] = ['to ', 'back from ', 'from '];

/** Takes one optimisation step at a time: forward, losses, weighter, clipping, optimizer. */
export class Stepper {
  private readonly auxiliaries: Auxiliaries;

  constructor(private readonly args: StepperArgs) {
    this.auxiliaries = args.auxiliaries ?? new Auxiliaries();
  }

  /** @throws MtlError `LOSS_NOT_FINITE`, `GRADIENT_NOT_FINITE` naming the task; nothing of the model is changed then. */
  async step(batch: HostBatch, learningRate: number, options: StepOptions = {}): Promise<StepResult> {
    const { model, weighter } = this.args;
    const { diagnose = false } = options;
    const { losses, gradients, norm, times, diagnostics } = await this.keepingModel(() =>
      differentiate({
        forward: () => this.forward(batch, options),
        weighter,
        parameters: { ...model.parameters, ...this.auxiliaries.parameters },
        diagnose,
      }),
    );
    averageStatistics(Object.values(model.statistics), batch.part);
    const started = performance.now();
    this.update(gradients, norm, learningRate);
    const update = performance.now() - started;
    await weighter.afterStep?.(() => this.lossesOf(batch, options));
    return {
      losses: valuesOf(losses),
      times: { ...times, update },
      ...(diagnostics ? { diagnostics } : {}),
    };
  }

  /** @param gradients given away */
  private update(gradients: NamedGradients, norm: number, learningRate: number): void {
    const { model, weighter, optimizer, clipNorm } = this.args;
    const [own, others] = this.auxiliaries.divide(gradients);
    const isAll = Object.keys(own).length === 0;
    let applied = others;
    try {
      if (clipNorm !== null) {
        const clipped = clipByGlobalNorm(others, clipNorm, isAll ? norm : undefined);
        tf.dispose([others, clipped.norm]);
        applied = clipped.gradients;
      }
      const parameters = { ...model.parameters, ...this.auxiliaries.parameters, ...weighter.parameters };
      if (Object.keys(applied).length > 0) optimizer.step(parameters, applied, learningRate);
      this.auxiliaries.step(own);
    } finally {
      tf.dispose([applied, own]);
    }
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
  private lossesOf(batch: HostBatch, options: StepOptions): Promise<number[]> {
    return readScalars(
      () => Object.values(keepingStatistics(() => this.forward(batch, options))).map(({ total }) => total),
      true,
    );
  }

  private forward(batch: HostBatch, options: StepOptions): Readonly<Record<string, LossTerms>> {
    return onPart(batch.part, () => this.lossTerms(batch, options));
  }

  private lossTerms(
    batch: HostBatch,
    { index: step = 0, epoch = Infinity }: StepOptions,
  ): Readonly<Record<string, LossTerms>> {
    const { model } = this.args;
    const consistency = this.args.consistency && consistencyAt(this.args.consistency, epoch);
    const image = tf.tensor4d(batch.image, [...batch.shape]);
    const targets = Object.fromEntries(
      Object.entries(batch.targets).map(([task, { value, mask, shape }]): [string, Target] => [
        task,
        { value: tf.tensor4d(value, [...shape]), mask: tf.tensor4d(mask, [shape[0], shape[1], shape[2], 1]) },
      ]),
    );
    const { direct, features, ...others } = model.forward(image, {
      training: true,
      transfer: consistency !== undefined,
      cycles: (consistency?.cycles ?? 0) > 0,
      step,
      features: this.auxiliaries.readsFeatures,
    });
    const losses = taskLosses({ tasks: model.tasks, predictions: direct, targets, ...others, consistency });
    const auxiliary = this.auxiliaries.terms({ image, predictions: direct, features, targets, step });
    return Object.fromEntries(
      Object.entries(losses).map(([task, { total, direct: own, transferred, cycled }]) => {
        const terms = auxiliary[task] ?? {};
        return [
          task,
          {
            total: Object.values(terms).reduce((all, term) => tf.add(all, term), total),
            direct: own,
            ...prefixed(towards, transferred),
            ...prefixed(back, cycled),
            ...prefixed(added, terms),
          },
        ];
      }),
    );
  }
}

function prefixed(prefix: string, terms: Readonly<Record<string, tf.Scalar>>): Record<string, tf.Scalar> {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [prefix + name, term]));
}

/** Those that begin with a prefix, without it. */
function unprefixed(prefix: string, terms: Readonly<Record<string, number>>): Record<string, number> {
  const own = Object.entries(terms).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

function valuesOf(
  losses: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Record<string, LossValues> {
  return Object.fromEntries(
    Object.entries(losses).map(([task, terms]) => {
      const [cycled, auxiliary] = [unprefixed(back, terms), unprefixed(added, terms)];
      const values: LossValues = {
        total: terms.total!,
        direct: terms.direct!,
        transferred: unprefixed(towards, terms),
        ...(Object.keys(cycled).length > 0 ? { cycled } : {}),
        ...(Object.keys(auxiliary).length > 0 ? { auxiliary } : {}),
      };
      return [task, values];
    }),
  );
}
