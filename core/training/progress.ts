import type { Json, NamedState, Stateful } from '../contracts/index.js';
import type { MetricValues } from '../evaluation/evaluate.js';

/** Where a run stands: everything about it that is neither a parameter nor derived from the position. */
export class Progress implements Stateful {
  /** Epochs done. */
  epoch = 0;
  /** Steps done in the epoch that is under way. */
  stepInEpoch = 0;
  /** Steps done in all. */
  step = 0;
  /** Steps passed over in that epoch, for want of a finite loss or gradient. */
  skippedInEpoch = 0;
  /** Σ L_t over the steps of the epoch that is under way, by task. */
  lossSums: Record<string, number> = {};
  /** Metrics of the best model so far. */
  best: MetricValues | null = null;
  validationsSinceBest = 0;
  /** Whether the last epoch's validation is still to be done: the run was stopped in it. */
  validationDue = false;
  /** How often the run went back to an earlier state; the learning rate is halved each time. */
  rollbacks = 0;

  get state(): NamedState {
    const { epoch, stepInEpoch, step, skippedInEpoch, lossSums } = this;
    const { best, validationsSinceBest, validationDue, rollbacks } = this;
    const position = { epoch, stepInEpoch, step, skippedInEpoch, lossSums };
    return { tensors: {}, values: { ...position, best, validationsSinceBest, validationDue, rollbacks } };
  }

  restore({ values }: NamedState): void {
    Object.assign(this, values satisfies Readonly<Record<string, Json>>);
  }

  /** Epochs done, fractional within one. */
  position(stepsPerEpoch: number): number {
    return this.epoch + this.stepInEpoch / stepsPerEpoch;
  }

  /** Adds a step's loss to the epoch's sum. */
  addLoss(task: string, value: number): void {
    this.lossSums[task] = (this.lossSums[task] ?? 0) + value;
  }

  /** Goes on to the next epoch: what was counted within the last one begins anew. */
  endEpoch(): void {
    this.epoch += 1;
    this.stepInEpoch = 0;
    this.skippedInEpoch = 0;
    this.lossSums = {};
  }
}
