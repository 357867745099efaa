import type { SplitName } from '../contracts/index.js';
import type { MetricValues } from '../evaluation/evaluate.js';
import type { GradientDiagnostics } from './diagnostics.js';

/** The terms of one task's loss, read from the engine. */
export interface LossValues {
  /** L_t */
  readonly total: number;
  /** ℓ_t */
  readonly direct: number;
  /** ℓ_{t→s} by s */
  readonly transferred: Readonly<Record<string, number>>;
  /** ℓ_{t→s→t} by s, where there are round trips */
  readonly cycled?: Readonly<Record<string, number>>;
  /** What auxiliaries added, by their names; absent without any. */
  readonly auxiliary?: Readonly<Record<string, number>>;
}

/** What a run tells while it goes on; one line each in its events file. */
export type TrainingEvent =
  | {
      readonly type: 'start';
      readonly epochs: number;
      readonly stepsPerEpoch: number;
      readonly batchSize: number;
      readonly trainSamples: number;
      readonly valSamples: number;
      readonly parameters: number;
      /** Steps done before, where the run is resumed. */
      readonly resumedAt: number;
    }
  | {
      readonly type: 'step';
      /** From 0. */
      readonly epoch: number;
      /** Steps done in the whole run. */
      readonly step: number;
      readonly losses: Readonly<Record<string, LossValues>>;
      readonly learningRate: number;
      /** Images over the time since the last step, loading included. */
      readonly imagesPerSecond: number;
      /** Every `train.diagnostics` steps. */
      readonly diagnostics?: GradientDiagnostics;
    }
  | {
      /** A step without an update, since something was no number. */
      readonly type: 'skipped';
      readonly epoch: number;
      readonly step: number;
      readonly reason: string;
    }
  | {
      /** Something was no number: the run goes on from an earlier state, past the batch, at half the learning rate. */
      readonly type: 'rollback';
      readonly epoch: number;
      readonly step: number;
      readonly reason: string;
      /** After which step the state was taken. */
      readonly backTo: number;
      /** How often this happened in the whole run. */
      readonly rollbacks: number;
    }
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      readonly step: number;
      /** Mean L_t over the epoch's steps. */
      readonly meanLosses: Readonly<Record<string, number>>;
      /** ω_t */
      readonly weights: Readonly<Record<string, number>>;
      /** Share of the time that was spent waiting for batches, 0–1. */
      readonly waiting: number;
    }
  | {
      /** A sample that could not be loaded is left out; told once. */
      readonly type: 'badSample';
      readonly split: SplitName;
      /** Its place in the split. */
      readonly index: number;
      readonly reason: string;
    }
  /** Something to know about the numbers from here on. */
  | { readonly type: 'note'; readonly step: number; readonly text: string }
  /** The tasks look at the training labels before the first step. */
  | { readonly type: 'observing'; readonly done: number; readonly of: number }
  | { readonly type: 'validating'; readonly step: number; readonly done: number; readonly of: number }
  | {
      readonly type: 'validation';
      readonly epoch: number;
      readonly step: number;
      readonly metrics: MetricValues;
      /** Whether this is the best model so far. */
      readonly best: boolean;
    }
  | { readonly type: 'checkpoint'; readonly step: number; readonly file: string }
  | {
      readonly type: 'stopped';
      readonly step: number;
      readonly reason: 'interrupted' | 'no improvement' | 'not finite';
    };

/** Told each event of a run as it happens. */
export type EventListener = (event: TrainingEvent) => void;
