import type { Config } from '../config/schema.js';
import type { HostBatch } from '../data/index.js';
import type { Anchor } from './anchor.js';
import type { EventListener, TrainingEvent } from './events.js';
import { NotFiniteError } from './not-finite.js';
import type { Progress } from './progress.js';
import type { Trouble } from './trouble.js';

/** An event of a step that made no update; epoch and step are added. */
export type Passed =
  | Omit<Extract<TrainingEvent, { type: 'skipped' }>, 'epoch' | 'step'>
  | Omit<Extract<TrainingEvent, { type: 'rollback' }>, 'epoch' | 'step'>;

export interface RecoveryArgs {
  readonly settings: Pick<Config['train'], 'nonFinite' | 'maxRollbacks' | 'seed'>;
  readonly progress: Progress;
  /** Where the run may go back. */
  readonly anchor: Anchor | undefined;
  readonly onEvent: EventListener;
  readonly onTrouble: ((trouble: Trouble) => string) | undefined;
}

/** What becomes of a run after a step whose loss or gradient is no number (`train.nonFinite`). */
export class Recovery {
  constructor(private readonly args: RecoveryArgs) {}

  /**
   * What to make of a failed step: an event to go on after without it, or the end.
   * @throws the failure itself, where the settings do not say how to go on
   */
  withoutUpdate(error: unknown, batch: HostBatch, learningRate: number): Passed {
    if (!(error instanceof NotFiniteError)) throw error;
    const { settings, progress, anchor, onEvent, onTrouble } = this.args;
    const reason = error.message;
    if (settings.nonFinite === 'skip') return { type: 'skipped', reason };
    if (anchor && progress.rollbacks < settings.maxRollbacks) {
      progress.rollbacks += 1;
      return { type: 'rollback', reason, backTo: anchor.goBack(), rollbacks: progress.rollbacks };
    }
    const { epoch, step } = progress;
    onEvent({ type: 'stopped', step, reason: 'not finite' });
    const after = anchor ? ` (rollbacks: ${progress.rollbacks})` : '';
    const told =
      onTrouble?.({ error, batch, learningRate, epoch, step: step + 1, seed: settings.seed }) ?? '';
    throw new NotFiniteError(error.code, reason + after + told, error.losses, { cause: error });
  }
}
